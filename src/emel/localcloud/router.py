"""From a function's tag to the pool of its version. Follows the store: what changes there counts at once."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from emel.localcloud.instance import Instance, Launch, start
from emel.localcloud.journal import Journal
from emel.localcloud.meter import Counters
from emel.localcloud.policy import Load
from emel.localcloud.pool import Pool
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

    file: Path
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
        # Instances hold the reading end: it closes for them when this process ends, however it ends.
        self._pipe = list(os.pipe())

    def route(self, function: str, tag: str) -> Route | None:
        """The version that the tag points at now; None when there is no such function or tag."""
        version = self._tags(function).get(tag)
        return None if version is None else Route(version, self._pool(function, version))

    def addresses(self) -> dict[str, list[str]]:
        """All functions with their tags."""
        return {function: sorted(self._tags(function)) for function in self._store.functions()}

    def loads(self) -> dict[tuple[str, int], tuple[Load, Counters]]:
        """What each version in use does now, and what it did since it was created."""
        return {key: (pool.load, pool.counters) for key, pool in self._pools.items()}

    def scale(self) -> None:
        """Follow the store and let every pool start and end instances; to be called a few times a second."""
        for function in self._store.functions():
            for version in self._tags(function).values():
                if version.settings.provisioned:
                    self._pool(function, version)
        for (function, number), pool in list(self._pools.items()):
            pool.in_service = any(version.number == number for version in self._tags(function).values())
            pool.scale()
            if pool.empty and not pool.in_service:
                self._keep_usage(function, number)
                del self._pools[function, number]

    def keep_usage(self) -> None:
        """Write the counters that changed since the last time. Errors: OSError."""
        for function, number in self._pools:
            self._keep_usage(function, number)

    async def close(self) -> None:
        """End all instances. Can be repeated."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))
        self.keep_usage()
        while self._pipe:
            os.close(self._pipe.pop())

    def _tags(self, function: str) -> Mapping[str, FunctionVersion]:
        known = self._known.get(function)
        file = self._store.function_file(function) if known is None else known.file
        try:
            stat = file.stat()
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

            async def start_instance() -> Instance:
                return await self._start(function, version)

            counters = read_usage(self._store.folder, function, version.number)
            pool = self._pools[key] = Pool(version.settings, start_instance, counters)
        return pool

    async def _start(self, function: str, version: FunctionVersion) -> Instance:
        name = f"{function}-{version.number}-{next(self._numbers)}"
        launch = Launch(
            function=function,
            version=version.number,
            memory=version.settings.memory,
            code=self._store.code(version.digest),
            work=self._work / name,
            lifeline=self._pipe[0],
            start_limit=version.settings.timeout,
        )
        journal, number = self._journal, version.number
        return await start(launch, lambda stream, line: journal.output(function, number, name, stream, line))

    def _keep_usage(self, function: str, number: int) -> None:
        counters = self._pools[function, number].counters
        count = counters.calls + counters.refused
        if self._written.get((function, number)) != count:
            write_usage(self._store.folder, function, number, counters)
            self._written[function, number] = count
