"""The server of the local platform: one process, one event loop, and an HTTP front of its own.

A request goes from its socket to an instance and back without a task, a thread or another process in between.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import resource
import secrets
import shutil
import signal
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from emel.errors import PlatformError
from emel.localcloud.access import Gate
from emel.localcloud.console import Console, Price
from emel.localcloud.control import Control
from emel.localcloud.events import Request
from emel.localcloud.front import Front
from emel.localcloud.history import STEP_SECONDS, History
from emel.localcloud.http1 import Connection, Respond
from emel.localcloud.journal import Journal
from emel.localcloud.listen import BACKLOG, listen
from emel.localcloud.messages import problem
from emel.localcloud.router import Router
from emel.localcloud.running import ServerFile, read_server_file, server_file
from emel.localcloud.store import Store
from emel.localcloud.throttle import TICK_SECONDS as THROTTLE_SECONDS
from emel.localcloud.throttle import Throttle
from emel.system.clock import SystemClock
from emel.system.files import write_atomic

TICK_SECONDS = 0.05
FOLLOW_SECONDS = 0.2
LOG_SECONDS = 0.05
USAGE_SECONDS = 5.0
DRAIN_SECONDS = 10.0
CONNECTION_SECONDS = 1.0
COLLECT_AFTER = 20_000
"""Objects that there may be more than at the last time before the collector looks for cycles."""
DESCRIPTORS = 65536
SPARE_DESCRIPTORS = 256
"""What connections leave for instances, logs and the store."""


def serve(
    store: Store,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    on_ready: Callable[[str], None],
    price: Price | None = None,
    throttle: Throttle | None = None,
) -> None:
    """Serve the store's functions until SIGINT or SIGTERM, from the main thread.

    `on_ready` gets the URL when it answers. `price` tells the console what calls would cost elsewhere,
    `throttle` keeps instances to their share of a processor. Port 0 is any free port. At the end, requests
    under way get ten seconds to end, and all instances are ended; a second signal ends them at once.

    Errors: PortTakenError; PlatformError when another server serves this store.
    """
    with _only_server(store), listen(host, port) as listener:
        asyncio.run(_serve(store, listener, host, on_ready, price, throttle))


async def _serve(
    store: Store,
    listener: socket.socket,
    host: str,
    on_ready: Callable[[str], None],
    price: Price | None,
    throttle: Throttle | None,
) -> None:
    loop = asyncio.get_running_loop()
    journal = Journal(store.folder / "logs", SystemClock())
    work = store.folder / "instances"
    # Working folders of a server that was killed.
    shutil.rmtree(work, ignore_errors=True)
    router = Router(store, journal, work, throttle=throttle)
    here = _introduced(host, listener.getsockname()[1])
    gate = Gate(host, here.token)
    history = History()
    console = Console(store, router, history, price, here.url)
    kind = throttle.name if throttle else ""
    control = Control(router, gate, console, server_id=here.id, pid=here.pid, url=here.url, throttle=kind)
    front = Front(router, journal, gate, control)
    clients = _Clients(front)

    stopping = _stop_signal(loop)
    server = await loop.create_server(clients.connect, sock=listener, backlog=BACKLOG)
    recurring: list[tuple[float, Callable[[], Any]]] = [
        (TICK_SECONDS, router.tick),
        (FOLLOW_SECONDS, router.follow),
        (LOG_SECONDS, journal.write),
        (USAGE_SECONDS, router.keep_usage),
        (CONNECTION_SECONDS, clients.check_time),
        (STEP_SECONDS, lambda: history.note(time.time(), router.pools())),
        *([(THROTTLE_SECONDS, throttle.tick)] if throttle else ()),
    ]
    keeping = [loop.create_task(_repeat(seconds, act)) for seconds, act in recurring]
    try:
        with store.writing():
            write_atomic(server_file(store), msgspec.json.encode(here), mode=0o600)
        _settle()
        on_ready(here.url)
        await stopping.wait()
    finally:
        front.draining = True
        server_file(store).unlink(missing_ok=True)
        stopping.clear()
        await _drain(front, stopping)
        # The pools still have to act on time until their instances are gone.
        for task in keeping[1:]:
            task.cancel()
        await router.close()
        if throttle is not None:
            throttle.tick()
        keeping[0].cancel()
        server.close()
        await clients.close()
        journal.write()
        shutil.rmtree(work, ignore_errors=True)


def _introduced(host: str, port: int) -> ServerFile:
    """What other processes of this user are to know of this one."""
    shown = f"[{host}]" if ":" in host else host
    return ServerFile(
        id=uuid.uuid4().hex,
        pid=os.getpid(),
        url=f"http://{shown}:{port}",
        token=secrets.token_urlsafe(32),
    )


def _stop_signal(loop: asyncio.AbstractEventLoop) -> asyncio.Event:
    """What is set by Ctrl-C and by `emel serve --stop`."""
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    return stopping


def _settle() -> None:
    """Let the collector of cycles rest: what was loaded stays, and requests leave no cycles behind."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


class _Clients:
    """The connections that are open."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._open: set[Connection] = set()
        self._inbox = bytearray(64 * 1024)
        self._most = _raise_descriptors() - SPARE_DESCRIPTORS

    def connect(self) -> Connection:
        """A protocol for a new connection; one too many gets 503."""
        take = self._front.take if len(self._open) < self._most else _too_many
        return Connection(take, self._open, self._inbox)

    def check_time(self) -> None:
        """Close connections whose clients take too long."""
        now = asyncio.get_running_loop().time()
        for connection in list(self._open):
            connection.check_time(now)

    async def close(self) -> None:
        """Let answers that are on their way go out, for a moment, and close all connections."""
        for connection in list(self._open):
            connection.close_when_idle()
        ends = asyncio.get_running_loop().time() + 1.0
        while self._open and asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(0.005)


def _too_many(_: Request, respond: Respond) -> None:
    answer = problem(503, "Too many connections", "the platform has as many connections as it can have")
    respond(answer._replace(headers=[*answer.headers, ("retry-after", "1")]))


def _raise_descriptors() -> int:
    """Have as many descriptors as this user may, within reason; how many that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft if soft != resource.RLIM_INFINITY else DESCRIPTORS


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
