from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from tests.fakes.bundles import write_bundle

from emel.localcloud import Store
from emel.localcloud.events import Reply, Request, frame_of
from emel.localcloud.instance import Failure
from emel.localcloud.journal import Journal
from emel.localcloud.logs import read_log
from emel.localcloud.meter import Counters
from emel.localcloud.policy import Load
from emel.localcloud.router import Router
from emel.records import FunctionSettings, FunctionVersion, LogFilter, LogRecord
from emel.system.clock import SystemClock

Deploy = Callable[..., FunctionVersion]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "project" / ".emel" / "local")


@pytest.fixture
def deploy(store: Store, tmp_path: Path) -> Deploy:
    """Deploys a handler's code to a tag of the function `demo`."""

    def deploy(
        handler: str, *, tag: str = "prod", model_version: str = "v1.0.0", **settings: float
    ) -> FunctionVersion:
        bundle = write_bundle(tmp_path, handler, version=model_version)
        version = store.create_version(
            "demo",
            bundle,
            model_version=model_version,
            commit=None,
            settings=FunctionSettings(**{"timeout": 10.0, **settings}),
        )
        store.set_tag("demo", tag, version.number)
        return version

    return deploy


class Platform:
    """The platform without its HTTP front, inside the test's own event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.journal = Journal(store.folder / "logs", SystemClock())
        self.rolls: list[float] = []
        """What the dice of canaries show, one after another; then always the highest."""
        self.router = Router(
            store,
            self.journal,
            store.folder / "instances",
            dice=lambda: self.rolls.pop(0) if self.rolls else 0.999,
        )

    async def call(self, tag: str = "prod", **query: str) -> Any:
        """Call the function `demo`: the decoded body. Errors: Failure."""
        route = self.router.route("demo", tag)
        assert route is not None
        request = Request("GET", "/", urlencode(query), (), "127.0.0.1", b"")
        result: asyncio.Future[Reply | Failure] = asyncio.get_running_loop().create_future()
        timeout_ms = round(route.version.settings.timeout * 1000)
        route.pool.ask(frame_of(request, "id", timeout_ms), result.set_result)
        answer = await result
        if isinstance(answer, Failure):
            raise answer
        return json.loads(answer.body or "null")

    async def refused(self, **query: str) -> Failure:
        """Call the function, which must fail."""
        with pytest.raises(Failure) as caught:
            await self.call(**query)
        return caught.value

    def load(self, tag: str = "prod") -> Load:
        route = self.router.route("demo", tag)
        assert route is not None
        return route.pool.load

    def counters(self) -> Counters:
        route = self.router.route("demo", "prod")
        assert route is not None
        return route.pool.counters

    def let_calls_take(self, seconds: float) -> None:
        """Give requests and starts another limit from now on."""
        route = self.router.route("demo", "prod")
        assert route is not None
        route.pool.settings = msgspec.structs.replace(route.pool.settings, timeout=seconds)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let time pass until something is so; a minute at most."""
        async with asyncio.timeout(60):
            while not condition():
                await asyncio.sleep(0.005)

    async def live(self) -> None:
        """What the server does a few times a second."""
        while True:
            self.router.follow()
            self.router.tick()
            await asyncio.sleep(0.005)

    def records(self) -> list[LogRecord]:
        self.journal.write()
        return read_log(self._store.folder / "logs", "demo", LogFilter())[0]


@pytest.fixture
def on_platform(store: Store) -> Callable[[Callable[[Platform], Awaitable[None]]], None]:
    """Runs a scenario on a platform, and sees to it that no instance is left."""

    def run(scenario: Callable[[Platform], Awaitable[None]]) -> None:
        async def main() -> None:
            platform = Platform(store)
            living = asyncio.ensure_future(platform.live())
            try:
                await scenario(platform)
            finally:
                living.cancel()
                await platform.router.close()

        asyncio.run(main())
        assert instances_of(store.folder) == []

    return run


def instances_of(folder: Path) -> list[int]:
    """The processes that work in the store's folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if b"bootstrap.py" in command and str(folder).encode() in command:
            found.append(int(entry.name))
    return found
