"""Machines that are processes of this machine: for trying it out, and for a computer that stands there
anyway.

A machine is a folder, `.emel/machines/<name>/`, with what it was made with, its console, and a lock that
its supervisor holds as long as it runs (supervisor.py). The supervisor is the leader of a session of its
own, so the machine outlives the command that made it. Its boot script gets the secret by its standard
input, and of the environment only what HARMLESS names: the job must not inherit the token of who
launched it.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from emel.clouds.base import Outside
from emel.clouds.local.supervisor import CONSOLE, LOCK, SCRIPT, STARTED, end_machine
from emel.errors import DeployError
from emel.records import Machine, MachineBoot, MachineShape, MachineWanted
from emel.system.clock import Clock
from emel.system.files import write_atomic
from emel.system.process import spawn_detached

PROGRAMS = {
    "gitlab-runner": "install it: https://docs.gitlab.com/runner/install/",
    "curl": "install it; a runner's token is exchanged with it",
}
"""What a machine runs, and what to do where it is missing."""
HARMLESS = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "CI_SERVER_TLS_CA_FILE"),
)
START_SECONDS = 20.0
STOP_SECONDS = 20.0
RECORD = "machine.json"


def open_compute(state: Path, outside: Outside) -> LocalCompute:
    """The machines of the project whose `.emel` folder is `state`. Nothing is started or written."""
    return LocalCompute(state / "machines", outside.clock, outside.env or os.environ)


class LocalCompute:
    """See emel.clouds.base.Compute. No call takes longer than the end of a machine, 20 s."""

    token_command = ""
    delete_command = ""

    def __init__(self, folder: Path, clock: Clock, env: Mapping[str, str]) -> None:
        self._folder = folder.absolute()
        self._clock = clock
        self._env = env

    def shape(self, wanted: MachineWanted) -> MachineShape:
        """This machine as it is: what is wanted of processors and memory can be no other. Spot is,
        neither."""
        lacking = {
            f"graphics card {wanted.gpu} to order": wanted.gpu is not None,
            f"machines of the type {wanted.native}": wanted.native is not None,
            "spot machines": wanted.spot,
            f"zone {', '.join(wanted.zones)}": bool(wanted.zones),
        }
        for what, asked in lacking.items():
            if asked:
                raise DeployError(
                    f"local has no {what}: a machine there is a process of this one, with all that it has",
                    hint="leave it out, or take another --cloud",
                )
        for program, hint in PROGRAMS.items():
            if shutil.which(program, path=self._env.get("PATH")) is None:
                raise DeployError(
                    f"{program} is not installed on this machine, or not on the PATH", hint=hint
                )
        return MachineShape(
            cloud="local", platform="process", cpus=os.cpu_count() or 1, memory=_memory_gb(), disk=0
        )

    def create(
        self, name: str, shape: MachineShape, boot: MachineBoot, secret: str, labels: Mapping[str, str]
    ) -> Machine:
        made = Machine(
            name=name,
            id=f"{name}-{secrets.token_hex(4)}",
            cloud=shape.cloud,
            state="starting",
            created_at=self._clock.now().isoformat(),
            labels={"emel": "runner", **labels},
        )
        if not self._claim(made, boot):
            existing = self.find(name)
            if existing is None:
                raise DeployError(f"the machine {name} is being removed", hint="try again")
            return existing
        self._start(made, boot, secret)
        return msgspec.structs.replace(made, state="running")

    def forget_secret(self, name: str) -> None:
        """The machine read it from a pipe; it is kept nowhere."""

    def find(self, name: str) -> Machine | None:
        folder = self._folder / name
        try:
            record = msgspec.json.decode((folder / RECORD).read_bytes(), type=Machine)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except msgspec.DecodeError as problem:
            raise DeployError("this is no record of a machine", where=str(folder / RECORD)) from problem
        if _is_locked(folder):
            return msgspec.structs.replace(record, state="running")
        born = datetime.fromisoformat(record.created_at)
        young = (self._clock.now() - born).total_seconds() < START_SECONDS
        starting = young and not (folder / STARTED).exists()
        return msgspec.structs.replace(record, state="starting" if starting else "stopped")

    def machines(self) -> Sequence[Machine]:
        names = [record.parent.name for record in self._folder.glob(f"*/{RECORD}")]
        found = [machine for name in names if not name.startswith(".") and (machine := self.find(name))]
        return sorted(found, key=lambda machine: machine.created_at)

    def boot_log(self, name: str) -> str:
        try:
            return (self._folder / name / CONSOLE).read_text("utf-8", "replace")
        except (FileNotFoundError, NotADirectoryError):
            return ""

    def delete(self, name: str) -> None:
        """Errors: also DeployError when its processes do not end within 20 s."""
        folder = self._folder / name
        machine = self.find(name)
        if machine is not None:
            end_machine(folder, machine.id, STOP_SECONDS)
            if _is_locked(folder):
                raise DeployError(f"the machine {name} does not end", where=str(folder))
        if not folder.is_dir():
            return
        with self._changing():
            now = self.find(name)
            if now is None or (machine is not None and now.id == machine.id):
                self._discard(folder)

    def _claim(self, made: Machine, boot: MachineBoot) -> bool:
        """Take the name, with all but the secret in its folder. False when it is taken."""
        folder = self._folder / made.name
        with self._changing():
            if (folder / RECORD).exists():
                return False
            # Of one who was killed here.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            write_atomic(folder / SCRIPT, boot.script, 0o600)
            # There is a machine as soon as this file is there.
            write_atomic(folder / RECORD, msgspec.json.encode(made), 0o600)
        return True

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Let nobody else make or remove a folder meanwhile."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in self._folder.glob(".*/"):
                shutil.rmtree(left, ignore_errors=True)
            yield

    def _discard(self, folder: Path) -> None:
        """Remove a folder: first out of sight in one step, so that nobody sees half of it."""
        doomed = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
        with suppress(FileNotFoundError):
            folder.rename(doomed)
            shutil.rmtree(doomed, ignore_errors=True)

    def _start(self, made: Machine, boot: MachineBoot, secret: str) -> None:
        folder = self._folder / made.name
        command: list[str | Path] = [
            *(sys.executable, "-m", "emel.clouds.local.supervisor"),
            *(folder, made.id, str(boot.max_lifetime)),
        ]
        env = {name: value for name, value in self._env.items() if name in HARMLESS}
        started = spawn_detached(command, folder / CONSOLE, env=env, stdin=f"{secret}\n".encode(), mode=0o600)
        ends = self._clock.monotonic() + START_SECONDS
        while not (folder / STARTED).exists():
            status = started.exit_status()
            if status == 0:
                # It has done all that it was to do already.
                return
            if status is not None or self._clock.monotonic() > ends:
                raise DeployError(
                    f"the machine did not start: {self.boot_log(made.name).strip() or 'it said nothing'}",
                    where=str(folder / CONSOLE),
                )
            self._clock.sleep(0.02)


def _is_locked(folder: Path) -> bool:
    try:
        with (folder / LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except BlockingIOError:
        return True
    return False


def _memory_gb() -> int:
    return max(1, round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30))
