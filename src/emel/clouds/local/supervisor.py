"""`python -m emel.clouds.local.supervisor FOLDER ID SECONDS`: a machine that is a process, from its boot
to its end.

It runs the folder's boot script, with the secret that came by the standard input. It ends when the
script has ended, when its lifetime is over, or on SIGTERM, and all that was started goes with it. A
machine that ended well removes its folder; after a failure the folder stays with its console, as a
stopped machine does.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

CONSOLE, SCRIPT, LOCK, STARTED = "console.log", "boot.sh", "lock", "started"
MARK = "EMEL_MACHINE"
"""All processes of a machine carry its identifier in this variable of their environment."""
GRACE_SECONDS = 10.0
"""So long a runner that is told to end may take to tell GitLab of its job."""
# Looked up before the fork, after which little is safe to do. Only Linux has it.
_prctl = getattr(ctypes.CDLL(None), "prctl", None)


def main(folder: Path, identifier: str, lifetime: float) -> int:
    """Run a machine, and return the exit status of its script; 124 where its lifetime ended it."""
    secret = sys.stdin.buffer.readline()
    # Never closed: who finds it free finds no process of the supervisor either.
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.ftruncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    told = _Told()
    (folder / STARTED).touch()
    status = _run(folder, identifier, secret, time.monotonic() + lifetime, told)
    if status == 0:
        # A job's work may be large; what then goes out of sight in one step, as `delete` does it, is small.
        shutil.rmtree(folder / "work", ignore_errors=True)
        gone = folder.with_name(f".{identifier}")
        with suppress(FileNotFoundError):
            folder.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)
    return status


class _Told:
    """Whether a signal said to end."""

    def __init__(self) -> None:
        self.to_end = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._hear)

    def _hear(self, number: int, frame: object) -> None:
        del number, frame
        self.to_end = True


def _run(folder: Path, identifier: str, secret: bytes, ends: float, told: _Told) -> int:
    work = folder / "work"
    work.mkdir(exist_ok=True)
    script = subprocess.Popen(
        ["/bin/sh", folder / SCRIPT],
        cwd=work,
        env={**os.environ, MARK: identifier},
        stdin=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_end_with_supervisor,
    )
    assert script.stdin is not None
    with suppress(BrokenPipeError):
        script.stdin.write(secret)
        script.stdin.close()
    while script.poll() is None and not told.to_end and time.monotonic() < ends:
        time.sleep(0.05)
    if script.poll() is None:
        sys.stdout.write("emel: told to end\n" if told.to_end else "emel: the lifetime is over\n")
        sys.stdout.flush()
        # To the runner alone, which tells GitLab; a job that is killed beside it would fail instead.
        script.terminate()
        with suppress(subprocess.TimeoutExpired):
            script.wait(GRACE_SECONDS)
    ended_by_itself = script.poll() is not None and not told.to_end
    with suppress(ProcessLookupError):
        os.killpg(script.pid, signal.SIGKILL)
    _kill(identifier)
    status = script.wait()
    return status if ended_by_itself else (0 if told.to_end else 124)


def _end_with_supervisor() -> None:
    """Let the kernel end the runner when its supervisor is killed, as nobody else would end it then."""
    if _prctl is not None:
        _prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG of prctl(2)


def end_machine(folder: Path, identifier: str, within: float) -> None:
    """End a machine: its supervisor by SIGTERM, and what is left of it after so many seconds by SIGKILL.

    A supervisor that was killed leaves its processes; they go here.
    """
    ends = time.monotonic() + within
    pid = _supervisor(folder)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        while time.monotonic() < ends and (_supervisor(folder) is not None or _works(pid)):
            with suppress(ChildProcessError):
                # One that this very process started stays in the table until it is waited for.
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.02)
        if _supervisor(folder) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    if identifier:
        _kill(identifier)


def _supervisor(folder: Path) -> int | None:
    """The process that holds the machine's lock; None where none does."""
    try:
        with (folder / LOCK).open("r") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = lock.read().strip()
                return int(text) if text else None
    except (FileNotFoundError, NotADirectoryError):
        pass
    return None


def _works(pid: int) -> bool:
    """Whether a process is there, and more than an entry that nobody has waited for. It takes its folder away
    before it ends itself. Where there is no /proc, the lock alone tells."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except OSError:
        return False


def _kill(identifier: str) -> None:
    """Kill all processes of a machine, also those that others start meanwhile."""
    ends = time.monotonic() + GRACE_SECONDS
    while (left := list(processes_of(identifier))) and time.monotonic() < ends:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def processes_of(identifier: str) -> Iterator[int]:
    """The processes that carry a machine's identifier, but for those that have ended. None without /proc."""
    mark = f"{MARK}={identifier}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        # Another's, or one that ended while we looked. One that waits to be collected has no environment.
        with suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)


if __name__ == "__main__":
    ended = main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
    sys.stdout.flush()
    # At once: whoever finds the machine gone should find no process of it either.
    os._exit(ended)
