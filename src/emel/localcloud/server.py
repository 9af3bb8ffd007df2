"""The server of the local platform: one process, one event loop, with granian as its HTTP front.

granian runs inside our own loop (its embedded server), so that a request goes from the socket to the pool
of instances without another process in between. We open the listening socket ourselves: granian sets
SO_REUSEPORT, with which a second server on the same port would go unnoticed.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from emel.errors import PlatformError
from emel.localcloud.front import Front
from emel.localcloud.journal import Journal
from emel.localcloud.listen import BACKLOG, listen
from emel.localcloud.router import Router
from emel.localcloud.running import ServerFile, read_server_file, server_file
from emel.localcloud.store import Store
from emel.system.clock import SystemClock
from emel.system.files import write_atomic

SCALE_SECONDS = 0.1
LOG_SECONDS = 0.05
USAGE_SECONDS = 5.0
DRAIN_SECONDS = 10.0


def serve(
    store: Store,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    on_ready: Callable[[str], None],
) -> None:
    """Serve the store's functions until SIGINT or SIGTERM, from the main thread.

    `on_ready` gets the URL when it answers. Port 0 is any free port. At the end, requests under way get
    ten seconds to end, and all instances are ended; a second signal ends them at once.

    Errors: PortTakenError; PlatformError when another server serves this store.
    """
    with _only_server(store), listen(host, port) as listener:
        asyncio.run(_serve(store, listener, host, on_ready))


async def _serve(store: Store, listener: socket.socket, host: str, on_ready: Callable[[str], None]) -> None:
    loop = asyncio.get_running_loop()
    journal = Journal(store.folder / "logs", SystemClock())
    work = store.folder / "instances"
    # Working folders of a server that was killed.
    shutil.rmtree(work, ignore_errors=True)
    router = Router(store, journal, work)
    server_id = uuid.uuid4().hex
    front = Front(router, journal, server_id, os.getpid())
    shown = f"[{host}]" if ":" in host else host
    front.url = f"http://{shown}:{listener.getsockname()[1]}"

    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    granian = _Granian(front, listener)
    serving = loop.create_task(granian.serve())
    keeping = [
        loop.create_task(_repeat(SCALE_SECONDS, router.scale)),
        loop.create_task(_repeat(LOG_SECONDS, journal.write)),
        loop.create_task(_repeat(USAGE_SECONDS, router.keep_usage)),
    ]
    try:
        await asyncio.sleep(0)  # The front begins to accept in its task's first step.
        write_atomic(server_file(store), msgspec.json.encode(ServerFile(server_id, os.getpid(), front.url)))
        on_ready(front.url)
        await asyncio.wait([serving, loop.create_task(stopping.wait())], return_when="FIRST_COMPLETED")
    finally:
        front.draining = True
        server_file(store).unlink(missing_ok=True)
        stopping.clear()
        await _drain(front, stopping)
        for task in keeping:
            task.cancel()
        await router.close()
        await _drain(front, stopping)
        granian.stop()  # type: ignore[no-untyped-call]
        await serving
        journal.write()
        shutil.rmtree(work, ignore_errors=True)


class _Granian(Server):
    """granian's embedded server on a socket that is open already."""

    def __init__(self, front: Front, listener: socket.socket) -> None:
        self._listener = listener
        super().__init__(
            front,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            websockets=False,
            log_enabled=False,
        )

    def _init_shared_socket(self) -> None:
        self._ssp = None
        self._sfd = os.dup(self._listener.fileno())  # type: ignore[assignment]
        self._shd = SocketHolder(self._sfd, False, BACKLOG)  # type: ignore[assignment, call-arg]


async def _drain(front: Front, hurry: asyncio.Event) -> None:
    """Wait until no request is under way, for a while or until a further signal."""
    ends = asyncio.get_running_loop().time() + DRAIN_SECONDS
    while front.active and not hurry.is_set() and asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(0.01)


async def _repeat(seconds: float, act: Callable[[], Any]) -> None:
    """Act again and again. A full disk or a damaged file must not stop the platform; it may pass."""
    while True:
        await asyncio.sleep(seconds)
        try:
            act()
        except (OSError, PlatformError):
            continue


@contextmanager
def _only_server(store: Store) -> Iterator[None]:
    """Hold the lock of servers, which the kernel gives up with the process, however that ends."""
    store.make_folder()
    with (store.folder / "server.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            first = read_server_file(store)
            raise PlatformError(
                f"the platform runs already at {first.url if first else 'another address'}",
                where=str(store.folder),
                hint="use that one, or end it with `emel serve --stop`",
            ) from None
        yield
