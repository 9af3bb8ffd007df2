"""From a function's tag to the pool of its version. Follows the store: what changes there counts at once."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from emel.localcloud.instance import Instance, Launch
from emel.localcloud.journal import Journal
from emel.localcloud.pool import OnStarted, Pool
from emel.localcloud.store import Store
from emel.localcloud.usage import read_usage, write_usage
from emel.records import FunctionVersion

Stamp = tuple[int, int, int]


class Route(NamedTuple):
    """Where a request goes."""

    version: FunctionVersion
    pool: Pool


class _Known(NamedTuple):
    """A function as it was at the `stamp` of its file."""

    file: str
    stamp: Stamp
    tags: Mapping[str, FunctionVersion]


class Router:
    """Holds the pools of all versions that are in use. Belongs to one event loop."""

    def __init__(self, store: Store, journal: Journal, work: Path) -> None:
        self._store = store
        self._journal = journal
        self._work = work
        """Where instances get their working folders."""
        self._known: dict[str, _Known] = {}
        self._pools: dict[tuple[str, int], Pool] = {}
        self._written: dict[tuple[str, int], int] = {}
        self._numbers = itertools.count(1)

    def route(self, function: str, tag: str) -> Route | None:
        """The version that the tag points at now; None when there is no such function or tag."""
        version = self._tags(function).get(tag)
        return None if version is None else Route(version, self._pool(function, version))

    def addresses(self) -> dict[str, list[str]]:
        """All functions with their tags."""
        return {function: sorted(self._tags(function)) for function in self._store.functions()}

    def pools(self) -> Mapping[tuple[str, int], Pool]:
        """The pool of each version in use, by function and number."""
        return self._pools

    def follow(self) -> None:
        """Follow the store: which versions are in service, and which are to be kept warm."""
        for function in self._store.functions():
            for version in self._tags(function).values():
                if version.settings.provisioned:
                    self._pool(function, version)
        for (function, number), pool in list(self._pools.items()):
            pool.in_service = any(version.number == number for version in self._tags(function).values())
            if pool.empty and not pool.in_service:
                self._keep_usage(function, number)
                del self._pools[function, number]

    def tick(self) -> None:
        """Let every pool act on the time that has passed; to be called a few times a second."""
        for pool in list(self._pools.values()):
            pool.tick()

    def keep_usage(self) -> None:
        """Write the counters that changed since the last time. Errors: OSError."""
        for function, number in self._pools:
            self._keep_usage(function, number)

    async def close(self) -> None:
        """End all instances. Can be repeated."""
        for pool in self._pools.values():
            pool.close()
        while not all(pool.empty for pool in self._pools.values()):
            await asyncio.sleep(0.005)
        self.keep_usage()

    def _tags(self, function: str) -> Mapping[str, FunctionVersion]:
        known = self._known.get(function)
        file = str(self._store.function_file(function)) if known is None else known.file
        try:
            stat = os.stat(file)  # noqa: PTH116
        except (OSError, ValueError):
            self._known.pop(function, None)
            return {}
        stamp = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        if known is None or known.stamp != stamp:
            tags = self._store.tags(function)
            versions = {tag: self._store.version(function, number) for tag, number in tags.items()}
            known = self._known[function] = _Known(file, stamp, versions)
        return known.tags

    def _pool(self, function: str, version: FunctionVersion) -> Pool:
        key = (function, version.number)
        pool = self._pools.get(key)
        if pool is None:

            def start(on_started: OnStarted) -> Instance:
                return self._start(function, version, on_started)

            counters = read_usage(self._store.folder, function, version.number)
            pool = self._pools[key] = Pool(version.settings, start, counters, time.monotonic)
        return pool

    def _start(self, function: str, version: FunctionVersion, on_started: OnStarted) -> Instance:
        name = f"{function}-{version.number}-{next(self._numbers)}"
        launch = Launch(
            name=name,
            function=function,
            version=version.number,
            memory=version.settings.memory,
            code=self._store.code(version.digest),
            work=self._work / name,
        )
        output, number = self._journal.output, version.number
        return Instance(launch, lambda stream, line: output(function, number, name, stream, line), on_started)

    def _keep_usage(self, function: str, number: int) -> None:
        counters = self._pools[function, number].counters
        count = counters.calls + counters.refused
        if self._written.get((function, number)) != count:
            write_usage(self._store.folder, function, number, counters)
            self._written[function, number] = count
