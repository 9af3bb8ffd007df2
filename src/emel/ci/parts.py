"""What jobs are put together from."""

from __future__ import annotations

from typing import Any

from emel.ci import kubectl
from emel.ci.layout import Noted
from emel.ci.spec import Spec

Job = dict[str, Any]

PIP_CACHE = ".cache/pip"
"""In the folder whose .gitignore hides it: to Git it would be a change that is in no commit."""
RETRIED = ("runner_system_failure", "unknown_failure", "stuck_or_timeout_failure")
"""Faults of the runner that every GitLab knows; an older one says `unknown_failure` of a lost machine."""
RETRIED_SINCE_19_1 = ("runner_interrupted", "no_updates_running")
"""What a newer one says of it instead (GitLab documentation, «CI/CD YAML syntax reference», retry:when). An
older server refuses a pipeline with a reason that it does not know."""


def common(spec: Spec) -> Job:
    """What all jobs have in common; they extend it."""
    return {
        "image": spec.image,
        "variables": {
            "GIT_DEPTH": Noted("All commits: results are compared with where the branch began.", "0"),
            "PIP_CACHE_DIR": f"$CI_PROJECT_DIR/{spec.path(PIP_CACHE)}",
            **_kept_machines(spec),
            **dict(spec.variables),
        },
        "cache": [pip_cache(spec)],
        "before_script": prepare(spec),
        "retry": Noted(
            "Only what the runner is to blame for: a training that failed would fail again.",
            {
                "max": 2,
                "when": spec.retried or _faults(spec),
            },
        ),
        "interruptible": Noted("A newer commit ends it.", True),
    }


def with_cloud(spec: Spec, named: str) -> Job:
    """What jobs have in common that talk to a cloud: they get a token to sign in with, and no key is stored.

    What the job's token is exchanged for: docs of GitLab, «Connect to cloud services».
    """
    is_input = named.startswith("$[[")
    tokens: dict[str, Any] = {}
    steps: list[Any] = []
    if named == "yandex" or is_input:
        tokens["GITLAB_OIDC_TOKEN"] = {"aud": "$CI_PROJECT_URL"}
    if named == "aws" or is_input:
        tokens["AWS_ID_TOKEN"] = {"aud": "sts.amazonaws.com"}
        steps += [
            "export AWS_WEB_IDENTITY_TOKEN_FILE=$(mktemp)",
            'printf %s "$AWS_ID_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"',
        ]
    if named == "kubernetes":
        steps += kubectl.steps()
    if named == "local" or is_input:
        linked = 'mkdir -p .emel && ln -sfn "${EMEL_LOCAL_FOLDER:?is not set}" .emel/local'
        steps.append(
            f'if [ -n "$EMEL_LOCAL_FOLDER" ]; then {linked}; fi'
            if is_input
            else Noted(
                "The folder in which the platform of the runner's machine keeps its functions.", linked
            )
        )
    return {
        "extends": name_of(spec, ".emel"),
        **({"id_tokens": tokens} if tokens else {}),
        **({"before_script": [*prepare(spec), *steps]} if steps else {}),
    }


def _faults(spec: Spec) -> list[str]:
    return [*RETRIED, *(RETRIED_SINCE_19_1 if (spec.gitlab or (0, 0)) >= (19, 1) else ())]


def _kept_machines(spec: Spec) -> Job:
    """Machines on the runner's own computer have their state in the checkout, which each job cleans."""
    if spec.machine != "local":
        return {}
    note = "Where the machines of this computer are known: other jobs are to find them."
    return {"GIT_CLEAN_FLAGS": Noted(note, f"-ffdx -e {spec.path('.emel/machines')}")}


def job(spec: Spec, stage: str, *, cloud: bool = False) -> Job:
    """A job's beginning: what it extends, and its stage."""
    extended = ".emel-cloud" if cloud and spec.cloud else ".emel"
    return {"extends": name_of(spec, extended), "stage": spec.stage or stage}


def name_of(spec: Spec, name: str) -> str:
    """A job's name in this pipeline."""
    return f".{spec.prefix}{name[1:]}" if name.startswith(".") else f"{spec.prefix}{name}"


def when(wanted: bool | str, command: str) -> list[str]:
    """The command in a script, where it is wanted; an input of a component is asked in the job."""
    if isinstance(wanted, str):
        return [f'if [ "{wanted}" = "true" ]; then {command}; fi']
    return [command] if wanted else []


def prepare(spec: Spec) -> list[Any]:
    """Commands before all others."""
    where = f"./{spec.folder}" if spec.is_component else spec.folder
    return [*spec.install, *([f"cd {where}"] if where else [])]


def dvc_cache(spec: Spec) -> Job:
    """What DVC has made already, and with what it was made, kept for each branch."""
    return {
        "key": name_of(spec, "dvc-$CI_COMMIT_REF_SLUG"),
        "fallback_keys": [name_of(spec, f"dvc-{spec.base}".replace("/", "-"))],
        "paths": [spec.path(".dvc/cache"), spec.path(".emel/runs")],
        "when": "always",
    }


def pip_cache(spec: Spec) -> Job:
    """Packages, kept until the lock changes."""
    key: Any = {"files": [spec.path(spec.lock)], "prefix": "pip"} if spec.lock else "pip"
    return {"key": key, "paths": [spec.path(PIP_CACHE)]}
