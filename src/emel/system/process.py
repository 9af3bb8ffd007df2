"""Other programs: run to their end, with their output live, and never left behind."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, Protocol

GRACE_SECONDS = 5.0
ORDERLY_SECONDS = 25.0
"""How long programs have after SIGTERM; gitlab-runner waits 30 s for a job that it ends."""

OnLine = Callable[[str], None]


class Terminated(BaseException):
    """Somebody asked emel to end in order, as GitLab does when a machine is about to go.

    No Exception, as KeyboardInterrupt is none: nobody is to catch it by the way.
    """


class Completed(NamedTuple):
    """How a program ended: its exit status (negative: the signal) and all that it wrote."""

    returncode: int
    stdout: str
    stderr: str
    raw: bytes = b""
    """What it wrote to stdout, to the byte."""


class Process(Protocol):
    """Runs a program to its end."""

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
        on_line: OnLine | None = None,
    ) -> Completed:
        """Run `command` and return how it ended, whatever its exit status.

        `env` is added to the environment of emel itself. `on_line` gets each line of both streams
        as it is written, without its end. `timeout` is in seconds.

        Errors: FileNotFoundError when there is no such program, TimeoutError when it was ended for
        taking too long. On any exception, Ctrl-C too, the program and its children have been ended.
        """
        ...


class StoppableProcess(Process, Protocol):
    """Runs programs, and can end all of them at once."""

    def end_all(self) -> None:
        """End every program that `run` waits for in any thread, and let no other begin.

        Those calls of `run`, and all later ones, raise InterruptedError.
        """
        ...


class SystemProcess:
    """Programs of this machine.

    Each runs in a session of its own, so that a Ctrl-C reaches emel alone, which then ends the
    program and everything that it started: first by SIGINT, after five seconds by SIGKILL.
    """

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._ended = False

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
        on_line: OnLine | None = None,
    ) -> Completed:
        with self._started(command, cwd, env, stdin) as child:
            try:
                if on_line is None:
                    out, err = child.communicate(stdin, timeout=timeout)
                else:
                    out, err = _relay(child, stdin, on_line, timeout)
            except subprocess.TimeoutExpired:
                raise TimeoutError(f"{command[0]} did not end within {timeout:g} s") from None
        if self._ended:
            raise InterruptedError(f"{command[0]} was ended")
        return Completed(child.returncode, _text(out), _text(err), out)

    def end_all(self) -> None:
        """See StoppableProcess."""
        with self._lock:
            self._ended = True
            children = tuple(self._running)
        # All get the signal before any is waited for.
        for child in children:
            _signal_group(child, signal.SIGINT)
        for child in children:
            end_group(child)

    @contextmanager
    def _started(
        self,
        command: Sequence[str | Path],
        cwd: Path | None,
        env: Mapping[str, str] | None,
        stdin: bytes | None,
    ) -> Iterator[subprocess.Popen[bytes]]:
        """The program; on any exception, that of a signal while it starts too, it has been ended."""
        child = None
        try:
            with _signals_held():
                child = self._begin(command, cwd, env, stdin)
            yield child
        except Terminated:
            if child:
                _end_in_order(child)
            raise
        except BaseException:
            if child:
                end_group(child)
            raise
        finally:
            if child:
                self._running.discard(child)
                for pipe in (child.stdin, child.stdout, child.stderr):
                    if pipe:
                        pipe.close()

    def _begin(
        self,
        command: Sequence[str | Path],
        cwd: Path | None,
        env: Mapping[str, str] | None,
        stdin: bytes | None,
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._ended:
                raise InterruptedError(f"{command[0]} is not started any more")
            child = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            self._running.add(child)
            return child


class Detached:
    """A program that runs on its own, as the leader of its session."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._status: int | None = None

    def exit_status(self) -> int | None:
        """Its exit status (negative: the signal), or None as long as it runs."""
        if self._status is None:
            done, status = os.waitpid(self._pid, os.WNOHANG)
            self._status = os.waitstatus_to_exitcode(status) if done else None
        return self._status

    def end(self, grace: float = GRACE_SECONDS) -> None:
        """End it and all that it started: first by SIGTERM, after the grace by SIGKILL."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._pid, number)
            except ProcessLookupError:
                return
            ends = time.monotonic() + grace
            while self.exit_status() is None and time.monotonic() < ends:
                time.sleep(0.02)


def spawn_detached(
    command: Sequence[str | Path],
    output: Path,
    *,
    env: Mapping[str, str] = os.environ,
    stdin: bytes = b"",
    mode: int = 0o644,
) -> Detached:
    """Start a program that outlives this one, with its output in a file. Errors: OSError.

    `env` is all of its environment. `stdin` is all of its input, a few lines that a pipe can hold.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    words = [str(part) for part in command]
    read, write = os.pipe()
    try:
        os.write(write, stdin)
        os.close(write)
        pid = os.posix_spawn(
            words[0],
            words,
            env,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, read, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(output), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(read)
    return Detached(pid)


@contextmanager
def _signals_held() -> Iterator[None]:
    """What Ctrl-C and SIGTERM raise is raised at the end of the block: a program that is just being started
    has no name yet by which it could be ended."""
    if threading.current_thread() is not threading.main_thread():
        # Python runs handlers in the main thread alone.
        yield
        return
    arrived: list[int] = []
    before = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, lambda received, _: arrived.append(received))
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for received in arrived:
            signal.raise_signal(received)


def end_group(child: subprocess.Popen[bytes], grace: float = GRACE_SECONDS) -> None:
    """End a program that was started in a session of its own, and all that it started."""
    for number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            break
        try:
            child.wait(grace)
        except subprocess.TimeoutExpired:
            continue
    # The leader has gone; what it started and did not end goes too.
    _signal_group(child, signal.SIGKILL)
    child.wait()


def _end_in_order(child: subprocess.Popen[bytes]) -> None:
    """The same with time for each program of the group, whose leader may be the first to go."""
    _signal_group(child, signal.SIGTERM)
    ends = time.monotonic() + ORDERLY_SECONDS
    while time.monotonic() < ends:
        child.poll()
        try:
            os.killpg(child.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    end_group(child)


def _signal_group(child: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        pass


def _relay(
    child: subprocess.Popen[bytes], stdin: bytes | None, on_line: OnLine, timeout: float | None
) -> tuple[bytes, bytes]:
    ends = None if timeout is None else time.monotonic() + timeout
    if stdin is not None and child.stdin is not None:
        child.stdin.write(stdin)
        child.stdin.close()
        child.stdin = None
    assert child.stdout is not None and child.stderr is not None
    collected: dict[int, list[bytes]] = {}
    with selectors.DefaultSelector() as selector:
        for stream in (child.stdout, child.stderr):
            collected[stream.fileno()] = []
            selector.register(stream, selectors.EVENT_READ, _LineSplitter(on_line))
        while selector.get_map():
            for key, _ in selector.select(_left(child, ends)):
                chunk = os.read(key.fd, 65536)
                if chunk:
                    collected[key.fd].append(chunk)
                    key.data.feed(chunk)
                    continue
                key.data.finish()
                selector.unregister(key.fileobj)
    child.wait(_left(child, ends))
    return _joined(collected, child.stdout), _joined(collected, child.stderr)


def _left(child: subprocess.Popen[bytes], ends: float | None) -> float | None:
    """Seconds that it may still take. Errors: TimeoutExpired when there are none."""
    if ends is None:
        return None
    left = ends - time.monotonic()
    if left <= 0:
        raise subprocess.TimeoutExpired(child.args, 0.0)
    return left


class _LineSplitter:
    """Cuts a stream of bytes into lines; progress bars redraw with a bare carriage return."""

    def __init__(self, on_line: OnLine) -> None:
        self._on_line = on_line
        self._rest = b""

    def feed(self, chunk: bytes) -> None:
        *lines, self._rest = (self._rest + chunk).replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            if line.strip():
                self._on_line(_text(line))

    def finish(self) -> None:
        if self._rest.strip():
            self._on_line(_text(self._rest))


def _joined(collected: Mapping[int, list[bytes]], stream: IO[bytes]) -> bytes:
    return b"".join(collected[stream.fileno()])


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
