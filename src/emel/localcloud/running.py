"""The server as other processes see it: find it, start it in the background, stop it."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from emel.errors import EndpointError, PlatformError
from emel.localcloud.listen import listen
from emel.localcloud.status import PlatformStatus
from emel.localcloud.store import Store
from emel.system.clock import Clock, SystemClock
from emel.system.process import Detached, spawn_detached

if TYPE_CHECKING:
    from emel.system.http import Http

START_SECONDS = 20.0
STOP_SECONDS = 15.0
CONSOLE = "/_emel/console"

Spawn = Callable[[Sequence[str | Path], Path], Detached]
"""Starts a program on its own, with its output in a file."""


class ServerFile(msgspec.Struct, frozen=True):
    """What a server leaves in the store while it runs, for its owner's eyes alone."""

    id: str
    pid: int
    url: str
    token: str = ""
    """What a request to the platform itself has to bring; see access.py."""


class Running(NamedTuple):
    """A server that answers."""

    pid: int
    url: str
    folder: Path
    """The store that it serves."""


def running(store: Store) -> Running | None:
    """The server of this store, if one answers. What a killed server left behind is ignored."""
    status = server_status(store)
    return None if status is None else Running(status.pid, status.url, store.folder)


def server_status(store: Store) -> PlatformStatus | None:
    """What the server of this store says of itself, if one answers."""
    file = read_server_file(store)
    if file is None:
        return None
    try:
        reply = _http().request(
            "GET",
            f"{file.url}/_emel/status",
            headers={"Authorization": f"Bearer {file.token}"},
            timeout=5.0,
        )
        status = msgspec.json.decode(reply.body, type=PlatformStatus)
    except (EndpointError, msgspec.DecodeError):
        return None
    # The port may have gone to another program, or to the server of another project.
    return status if status.id == file.id else None


def _http() -> Http:
    # The server loads this module too, and never asks: a client would be a third of its start.
    from emel.system.http import SystemHttp

    return SystemHttp()


def server_url(store: Store) -> str:
    """Where the server of this store answers; when none runs, where one would by default."""
    file = read_server_file(store)
    return "http://127.0.0.1:8080" if file is None else file.url


def console_url(store: Store) -> str | None:
    """The address of the console with the owner's token behind a #, where browsers keep it to themselves.

    None when no server runs.
    """
    file = read_server_file(store)
    if file is None or running(store) is None:
        return None
    return f"{file.url}{CONSOLE}#token={file.token}"


def start_background(
    store: Store,
    *,
    root: Path,
    host: str = "127.0.0.1",
    port: int = 8080,
    spawn: Spawn = spawn_detached,
    clock: Clock | None = None,
) -> Running:
    """Start `emel serve` for the project at `root` on its own, and wait until it answers.

    A server that runs already is returned as it is. Errors: PortTakenError; PlatformError with the server's
    own last words when it ends at once or does not answer within 20 s.
    """
    clock = clock or SystemClock()
    found = running(store)
    if found is not None:
        return found
    listen(host, port).close()
    output = store.folder / "serve.log"
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "emel",
        "--dir",
        root,
        "serve",
        "--host",
        host,
        "--port",
        str(port),
    ]
    return _until_it_answers(store, spawn(command, output), output, clock)


@contextmanager
def running_alone(store: Store) -> Iterator[Running]:
    """A server of a store that belongs to no project, on a free port, for as long as the block runs.

    Errors: PlatformError when it does not start.
    """
    output = store.folder / "serve.log"
    server = spawn_detached([sys.executable, "-m", "emel.localcloud", store.folder], output)
    clock = SystemClock()
    try:
        yield _until_it_answers(store, server, output, clock)
    finally:
        left = running(store)
        if left is not None:
            stop(left, clock=clock)


def _until_it_answers(store: Store, server: Detached, output: Path, clock: Clock) -> Running:
    """Errors: PlatformError. On any exception, Ctrl-C too, the server has been ended."""
    ends = clock.monotonic() + START_SECONDS
    try:
        while clock.monotonic() < ends and server.exit_status() is None:
            found = running(store)
            if found is not None:
                return found
            clock.sleep(0.02)
    except BaseException:
        server.end()
        raise
    server.end()
    raise PlatformError(
        f"the local platform did not start: {_last_words(output)}",
        where=str(output),
        hint="run `emel serve` to see what it says",
    )


def stop(server: Running, *, clock: Clock | None = None) -> None:
    """End a server: requests under way end first, its instances are gone when this returns.

    Does nothing when it has ended. One that does not end within 15 s is killed.
    """
    clock = clock or SystemClock()
    ends = clock.monotonic() + STOP_SECONDS
    number = signal.SIGTERM
    while _holds_lock(server.folder):
        try:
            os.kill(server.pid, number)
        except ProcessLookupError:
            return
        while _holds_lock(server.folder) and clock.monotonic() < ends:
            clock.sleep(0.02)
        number = signal.SIGKILL
        ends = clock.monotonic() + 1.0
    # The lock goes a moment before the process does.
    while _is_alive(server.pid) and clock.monotonic() < ends:
        clock.sleep(0.02)


def _is_alive(pid: int) -> bool:
    try:
        # A server that this very process started stays in the table until it is waited for.
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def server_file(store: Store) -> Path:
    return store.folder / "server.json"


def read_server_file(store: Store) -> ServerFile | None:
    try:
        return msgspec.json.decode(server_file(store).read_bytes(), type=ServerFile)
    except (FileNotFoundError, PermissionError, msgspec.DecodeError):
        return None


def _holds_lock(folder: Path) -> bool:
    """Whether a server holds the store's lock: a process that is gone, or a zombie, does not."""
    try:
        with (folder / "server.lock").open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _last_words(output: Path) -> str:
    try:
        lines = output.read_text("utf-8", "replace").strip().splitlines()
    except FileNotFoundError:
        lines = []
    said = [line for line in lines if not line.startswith("hint: ")]
    return said[-1] if said else "it said nothing"
