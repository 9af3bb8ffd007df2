"""A machine that boots a cloud-config document: the parts of cloud-init and systemd that emel's needs.

The scripts of the document run for real, in places of their own (see `PLACES`), with the programs of the
machine of the test where they change nothing, and stand-ins for those that would.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

PLACES = {
    "/opt/emel": "opt",
    "/run/emel": "run",
    "/usr/local/bin": "bin",
    "/etc/systemd/system": "units",
    "/var/lib/emel": "work",
    "/home/gitlab-runner": "home",
    "/usr/share/keyrings": "keyrings",
    "/etc/apt": "apt",
    "/etc/needrestart/conf.d": "needrestart",
}

NOTED = '#!/bin/sh\necho "$(basename "$0") $*" >>"$CALLS"\n'
STAND_INS = {
    "systemd-run": NOTED,
    "apt-get": NOTED,
    "useradd": NOTED,
    "nvidia-smi": NOTED,
    "nvidia-ctk": NOTED,
    "docker": NOTED,
    "sleep": "#!/bin/sh\n",
    "id": NOTED + "exit 1\n",
    "nft": NOTED + 'cat >>"$CALLS"\n',
    "uname": "#!/bin/sh\necho x86_64\n",
    # Another user is what only the superuser can become.
    "setpriv": NOTED + 'for last; do :; done\nexec "$last"\n',
    # What systemd does with a unit: it runs it to its end, and then does what the unit says.
    "systemctl": NOTED
    + """\
case "$*" in
*start*emel-runner.service)
    unit=$UNITS/emel-runner.service
    action=SuccessAction
    start=$(sed -n 's/^ExecStart=//p' "$unit")
    result=success
    clean="env -i PATH=$PATH CALLS=$CALLS TMPDIR=$TMPDIR"
    $clean "$start" >>"$CONSOLE" 2>&1 || { action=FailureAction; result=exit-code; }
    after=$(sed -n 's/^ExecStopPost=//p' "$unit")
    [ -z "$after" ] || $clean SERVICE_RESULT=$result "$after" >>"$CONSOLE" 2>&1
    echo "systemd $(sed -n "s/^$action=//p" "$unit")" >>"$CALLS"
    ;;
esac
""",
}


class BootedMachine:
    """A machine below a folder. `stand_ins` are programs in the place of others; None is one that is lacking.

    `metadata` is the address of a metadata service.
    """

    def __init__(
        self,
        folder: Path,
        *,
        stand_ins: Mapping[str, str | None] | None = None,
        metadata: str = "http://127.0.0.1:1",
    ) -> None:
        self.folder = folder
        self._metadata = metadata
        for place in (*PLACES.values(), "programs", "tmp"):
            (folder / place).mkdir(parents=True)
        (folder / "apt" / "sources.list.d").mkdir()
        for name in ("calls", "console"):
            (folder / name).touch()
        self._put_programs({**STAND_INS, **(stand_ins or {})})

    def boot(self, document: str) -> None:
        """Do what cloud-init does with a document: its first commands, its files, its last commands."""
        assert document.startswith("#cloud-config\n")
        for place, folder in PLACES.items():
            document = document.replace(place, str(self.folder / folder))
        document = document.replace("http://169.254.169.254", self._metadata)
        config = yaml.safe_load(document)
        assert set(config) == {"bootcmd", "write_files", "runcmd"}
        self._run(config["bootcmd"])
        for file in config["write_files"]:
            path = Path(file["path"])
            path.write_text(file["content"], "utf-8")
            path.chmod(int(file.get("permissions", "0644"), 8))
        self._run(config["runcmd"])

    @property
    def calls(self) -> list[str]:
        """The calls of stand-ins, and what systemd did, in their order."""
        return (self.folder / "calls").read_text().splitlines()

    @property
    def console(self) -> str:
        return (self.folder / "console").read_text()

    @property
    def notes(self) -> str:
        """What the runner was given. Empty when it was never started."""
        return "".join(path.read_text() for path in self.folder.glob("*/runner/notes"))

    def has_powered_down(self) -> bool:
        return self.calls[-1] in ("systemd poweroff-force", "systemctl --force poweroff")

    def _put_programs(self, programs: Mapping[str, str | None]) -> None:
        own = self.folder / "programs"
        # Those of this machine that the scripts may use as they are.
        for folder in ("/usr/bin", "/bin"):
            for name in (
                "sh",
                "cat",
                "env",
                "sed",
                "awk",
                "grep",
                "mktemp",
                "mkdir",
                "mkfifo",
                "rm",
                "mv",
                "cp",
            ):
                self._link(own, folder, name)
            for name in ("curl", "gpg", "gpg-agent", "sha256sum", "install", "basename"):
                self._link(own, folder, name)
        for name, text in programs.items():
            (own / name).unlink(missing_ok=True)
            if text is not None:
                (own / name).write_text(text)
                (own / name).chmod(0o755)

    def _link(self, own: Path, folder: str, name: str) -> None:
        if (Path(folder) / name).exists() and not (own / name).exists():
            (own / name).symlink_to(Path(folder) / name)

    def _run(self, commands: list[str]) -> None:
        env = {
            "PATH": f"{self.folder}/bin:{self.folder}/programs",
            "CALLS": str(self.folder / "calls"),
            "CONSOLE": str(self.folder / "console"),
            "UNITS": str(self.folder / "units"),
            "TMPDIR": str(self.folder / "tmp"),
        }
        for command in commands:
            subprocess.run(["/bin/sh", "-c", command], env=env, cwd=os.sep, timeout=300, check=False)
