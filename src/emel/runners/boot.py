"""What a machine does from its boot to its end, for each kind of machine."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from emel.records import MachineBoot
from emel.runners import command
from emel.runners.cloud_init import NOTICE_FOLDER, cloud_config
from emel.runners.settings import BootSettings

EXCHANGE = "/api/v4/runners/reset_authentication_token"
"""Takes `token=…`, a runner's token, and answers 201 with another one in `token`, from which on the first is
refused with 403. Sources: GitLab documentation, «Runners API», resetting by the current token; GitLab's
lib/api/ci/runner.rb; gitlab-runner's network/gitlab.go, which takes no other status."""


def machine_boot(settings: BootSettings, token_command: str, delete_command: str = "") -> MachineBoot:
    """The boot of a machine that takes jobs of one project, and is gone afterwards.

    Both commands are for a machine that is booted, and its superuser: `token_command` prints the runner's
    token there, `delete_command` deletes the machine. Neither document holds the token.
    """
    script = _run_script(settings)
    boot = _boot_script(settings, token_command)
    end = _end_script(delete_command) if delete_command else None
    return MachineBoot(
        script=script,
        user_data=cloud_config(boot, script, end, settings.max_lifetime),
        max_lifetime=settings.max_lifetime,
    )


def _run_script(settings: BootSettings) -> str:
    mounts = (f"{NOTICE_FOLDER}:{NOTICE_FOLDER}:ro",) if settings.notice else ()
    config = command.runner_config(
        name=settings.name,
        url=settings.url,
        executor=settings.executor,
        image=settings.image,
        gpus=settings.gpus,
        mounts=mounts,
    )
    start = command.run_single("$config", settings.name, max_jobs=settings.max_jobs, idle=settings.idle)
    return _script(
        "run.sh",
        {
            "exchange_url": f"{settings.url.rstrip('/')}{EXCHANGE}",
            "before": "\n".join(config.before),
            "token_key": config.token_key,
            "authority_key": config.authority_key,
            "certificates": settings.certificates.strip(),
            "after": "\n".join(config.after),
        },
        f"exec {' '.join(_word(part) for part in start)} </dev/null\n",
    )


def _boot_script(settings: BootSettings, token_command: str) -> str:
    return _script(
        "boot.sh",
        {
            "version": settings.runner_version,
            "downloads": settings.downloads.rstrip("/"),
            "key": settings.key,
            "fingerprint": settings.key_fingerprint,
            "executor": settings.executor,
            "gpus": str(settings.gpus),
            "notice": settings.notice or "",
        },
        f"runner_token() {{\n    {token_command}\n}}\nboot\n",
    )


def _end_script(delete_command: str) -> str:
    return _script("end.sh", {}, f"delete_machine() {{\n    {delete_command}\n}}\nend\n")


def _script(file: str, values: dict[str, str], end: str) -> str:
    """A script: the values as its first lines, so that nothing within it has to be replaced.

    Its comments stay here: clouds take little, and certificates may have to go with it.
    """
    body = Path(__file__).with_name(file).read_text("utf-8")
    first, *lines = body.splitlines(keepends=True)
    rest = "".join(line for line in lines if not line.lstrip().startswith("#"))
    assignments = "".join(f"{name}={quote(value)}\n" for name, value in values.items())
    return f"{first}{assignments}{rest}{end}"


def _word(part: str) -> str:
    return f'"{part}"' if part.startswith("$") else quote(part)
