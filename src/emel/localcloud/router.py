"""From a function's tag to the pool of its version. Follows the store: what changes there counts at once."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from emel.localcloud.instance import Failure, Instance, Launch
from emel.localcloud.journal import Journal
from emel.localcloud.meter import Counters
from emel.localcloud.pool import OnStarted, Pool
from emel.localcloud.store import FunctionFile, Store, hold_code
from emel.localcloud.throttle import Throttle, share_of
from emel.localcloud.usage import read_usage, write_usage
from emel.records import FunctionVersion

Stamp = tuple[int, int, int]


class Route(NamedTuple):
    """Where a request goes."""

    version: FunctionVersion
    pool: Pool


class _Target(NamedTuple):
    """Where a tag's requests go: `weight` percent of them to the canary."""

    version: FunctionVersion
    canary: FunctionVersion | None
    weight: int


class _Known(NamedTuple):
    """A function as it was at the `stamp` of its file."""

    file: str
    stamp: Stamp
    targets: Mapping[str, _Target]
    versions: Mapping[int, FunctionVersion]
    """Those in service, by number: a tag or a canary names them."""


_NOTHING = _Known("", (0, 0, 0), {}, {})


class Router:
    """Holds the pools of all versions that are in use. Belongs to one event loop."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        work: Path,
        *,
        throttle: Throttle | None = None,
        dice: Callable[[], float] = random.random,
    ) -> None:
        """`throttle` keeps instances to the share of a processor that their memory class has.

        `dice` gives numbers from 0 to 1, below 1, by which requests are shared between versions.
        """
        self._throttle = throttle
        self._store = store
        self._journal = journal
        self._dice = dice
        self._work = work
        """Where instances get their working folders."""
        self._known: dict[str, _Known] = {}
        self._pools: dict[tuple[str, int], Pool] = {}
        self._held: dict[tuple[str, int], int] = {}
        """What keeps the bundles that pools run from being removed."""
        self._names: tuple[int, list[str]] = (0, [])
        self._written: dict[str, int] = {}
        self._numbers = itertools.count(1)

    def route(self, function: str, tag: str) -> Route | None:
        """The version that answers a request to the tag; None when there is no such function or tag.

        Errors: PlatformError, OSError for a damaged store.
        """
        target = self._look(function).targets.get(tag)
        if target is None:
            return None
        version = target.version
        if target.canary is not None and self._dice() * 100 < target.weight:
            version = target.canary
        return Route(version, self._pool(function, version))

    def addresses(self) -> dict[str, list[str]]:
        """All functions with their tags."""
        return {function: sorted(self._look(function).targets) for function in self._store.functions()}

    def pools(self) -> Mapping[tuple[str, int], Pool]:
        """The pool of each version in use, by function and number."""
        return self._pools

    def follow(self) -> None:
        """Follow the store: which versions are in service, and which are to be kept warm."""
        for function in self._folders():
            for version in self._look(function).versions.values():
                if version.settings.provisioned:
                    self._pool(function, version)
        for (function, number), pool in list(self._pools.items()):
            pool.in_service = number in self._look(function).versions
            if pool.empty and not pool.in_service:
                self._keep_usage(function)
                del self._pools[function, number]
                os.close(self._held.pop((function, number)))

    def tick(self) -> None:
        """Let every pool act on the time that has passed; to be called a few times a second."""
        for pool in list(self._pools.values()):
            pool.tick()

    def keep_usage(self) -> None:
        """Write the counters that changed since the last time. Errors: OSError."""
        for function in {function for function, _ in self._pools}:
            self._keep_usage(function)

    async def close(self) -> None:
        """End all instances. Can be repeated."""
        for pool in self._pools.values():
            pool.close()
        while not all(pool.empty for pool in self._pools.values()):
            await asyncio.sleep(0.005)
        while self._held:
            os.close(self._held.popitem()[1])
        self.keep_usage()

    def _folders(self) -> list[str]:
        """The functions that there may be. Read anew only when one came or went: there may be many."""
        folder = self._store.folder / "functions"
        try:
            changed = folder.stat().st_mtime_ns
        except FileNotFoundError:
            return []
        if self._names[0] != changed:
            self._names = (changed, sorted(entry.name for entry in folder.iterdir()))
        return self._names[1]

    def _look(self, function: str) -> _Known:
        """A function as its file says now; reads it when it has changed."""
        known = self._known.get(function)
        file = str(self._store.function_file(function)) if known is None else known.file
        try:
            stat = os.stat(file)  # noqa: PTH116
        except (OSError, ValueError):
            self._known.pop(function, None)
            return _NOTHING
        stamp = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        if known is None or known.stamp != stamp:
            known = self._known[function] = _known(file, stamp, self._store.read(function))
        return known

    def _pool(self, function: str, version: FunctionVersion) -> Pool:
        key = (function, version.number)
        pool = self._pools.get(key)
        if pool is None:

            def start(on_started: OnStarted) -> Instance:
                return self._start(function, version, on_started)

            self._held[key] = hold_code(self._store.code(function, version.digest))
            kept = read_usage(self._store.folder, function).versions
            counters = kept.get(version.number) or Counters()
            pool = self._pools[key] = Pool(version.settings, start, counters, time.monotonic)
        return pool

    def _start(self, function: str, version: FunctionVersion, on_started: OnStarted) -> Instance:
        name = f"{function}-{version.number}-{next(self._numbers)}"
        launch = Launch(
            name=name,
            function=function,
            version=version.number,
            memory=version.settings.memory,
            code=self._store.code(function, version.digest),
            work=self._work / name,
        )
        output, number = self._journal.output, version.number
        instance = Instance(
            launch, lambda stream, line: output(function, number, name, stream, line), on_started
        )
        if self._throttle is not None:
            try:
                self._throttle.add(instance, share_of(version.settings.memory))
            except OSError as problem:
                instance.end(lambda: None)
                text = f"it cannot be throttled: {problem.strerror}"
                raise Failure(502, "Instance did not start", text) from problem
        return instance

    def _keep_usage(self, function: str) -> None:
        live = {number: pool.counters for (name, number), pool in self._pools.items() if name == function}
        count = sum(counters.calls + counters.refused for counters in live.values())
        if self._written.get(function) != count:
            write_usage(self._store.folder, function, live)
            self._written[function] = count


def _known(file: str, stamp: Stamp, content: FunctionFile) -> _Known:
    targets: dict[str, _Target] = {}
    versions: dict[int, FunctionVersion] = {}
    for tag, number in content.tags.items():
        trial = content.canaries.get(tag)
        version = content.find(number)
        canary = content.find(trial.version) if trial else None
        if version is not None:
            targets[tag] = _Target(version, canary, trial.weight if trial else 0)
        versions.update({item.number: item for item in (version, canary) if item is not None})
    return _Known(file, stamp, targets, versions)
