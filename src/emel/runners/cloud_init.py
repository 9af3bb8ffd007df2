"""The cloud-config document of a machine that is booted.

It is small on purpose: the limit of the machine's life first, then a unit of systemd, which runs the boot
script and powers the machine down when that has ended, however it did. Modules of cloud-init that could fail
or wait (packages, users) are not used. AWS takes 16 KB of it.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

FOLDER = "/opt/emel"
NOTICE_FOLDER = "/run/emel"
"""Jobs in containers see this folder too."""
NOTICE = Path(NOTICE_FOLDER, "notice")
"""The file that says to jobs that the cloud will take the machine away."""
UNIT = "emel-runner.service"

_DOCUMENT = """\
#cloud-config
# A machine of emel: it takes jobs of one GitLab project, then powers itself down.
bootcmd:
# Whatever restarts a machine ends it: its job is lost, it would take no other, and its life would begin anew.
- mkdir -p {folder}/boots && mkdir {folder}/boots/"${{INSTANCE_ID:-here}}" || systemctl --force poweroff
# Before all else, and at each boot: whatever happens later, the machine ends. So early there is no bus and
# no basic target, hence the properties. By force: an orderly end waits for other units, some of them for
# ever; so the runner is told before. systemd reads such units again whenever it is reloaded: spans since
# then would begin anew, hence those since the start, and a semicolon of a shell would be taken for its own.
- systemd-run --unit=emel-limit --on-startup={seconds} {early} systemctl --force poweroff
  || systemctl --force poweroff
- systemd-run --unit=emel-stop --on-startup={orderly} {early} systemctl stop {unit}
write_files:
- path: {folder}/boot
  permissions: "0700"
  content: |
{boot}
- path: {folder}/run
  permissions: "0755"
  content: |
{run}
{end}- path: /etc/systemd/system/{unit}
  content: |
    [Unit]
    Description=Takes jobs of GitLab, then powers this machine down
    # Wanted, not required: a unit that is not started at all could not power the machine down.
    Wants=network-online.target
    After=network-online.target docker.service
    SuccessAction=poweroff-force
    FailureAction=poweroff-force
    [Service]
    ExecStart={folder}/boot
{after}    StandardOutput=journal+console
    StandardError=journal+console
    # SIGTERM to the runner alone, which ends its job in order; whatever is left after a minute is killed.
    KillMode=mixed
    TimeoutStopSec=60
    # A job that takes too much memory fails; the runner stays, to report it.
    OOMPolicy=continue
runcmd:
- systemctl daemon-reload && systemctl start --no-block {unit} || systemctl --force poweroff
"""


_EARLY = (
    "--no-block --timer-property=AccuracySec=1s --timer-property=DefaultDependencies=no "
    "--property=DefaultDependencies=no"
)
ORDERLY_SECONDS = 90
"""So long before its limit the runner is told to end, and its job with it."""


_END = """\
- path: {folder}/end
  permissions: "0700"
  content: |
{text}
"""


def cloud_config(boot: str, run: str, end: str | None, max_lifetime: float) -> str:
    """The document around the scripts: that which makes the machine ready, that which runs the runner, and
    what comes after it."""
    return _DOCUMENT.format(
        seconds=round(max_lifetime),
        orderly=round(max(max_lifetime - ORDERLY_SECONDS, max_lifetime / 2)),
        early=_EARLY,
        folder=FOLDER,
        unit=UNIT,
        boot=indent(boot.rstrip("\n"), "    "),
        run=indent(run.rstrip("\n"), "    "),
        end=_END.format(folder=FOLDER, text=indent(end.rstrip("\n"), "    ")) if end else "",
        after=f"    ExecStopPost={FOLDER}/end\n" if end else "",
    )
