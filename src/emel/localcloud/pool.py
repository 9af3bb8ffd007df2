"""The instances of one version: starts, reuses and ends them, and lets requests wait for them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import msgspec

from emel.localcloud.events import Reply
from emel.localcloud.instance import Failure, Instance
from emel.localcloud.meter import Counters
from emel.localcloud.policy import Load, back_off, decide, may_wait
from emel.records import FunctionSettings

Start = Callable[[], Awaitable[Instance]]
Seat = tuple[Instance, bool]
"""An instance that now belongs to a request, and whether the request waited for its start."""


class Pool:
    """Answers the requests to one version. Belongs to one event loop."""

    def __init__(self, settings: FunctionSettings, start: Start, counters: Counters) -> None:
        self.settings = settings
        self.counters = counters
        self.in_service = True
        """Whether a tag points at the version; when not, nothing is kept warm."""
        self._start = start
        self._idle: deque[tuple[float, Instance]] = deque()
        self._busy: set[Instance] = set()
        self._waiting: deque[asyncio.Future[Seat]] = deque()
        self._starting = 0
        self._failures = 0
        self._failed_at = 0.0
        self._last_failure: Failure | None = None
        self._starts: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.Task[None]] = set()

    @property
    def load(self) -> Load:
        since = tuple(moment for moment, _ in self._idle)
        waiting = len(self._waiting)
        return Load(since, len(self._busy), self._starting, waiting, self._failures, self._failed_at)

    @property
    def empty(self) -> bool:
        """Whether there is no instance, and nothing that needs or ends one."""
        return not (self._idle or self._busy or self._starting or self._waiting or self._ends)

    async def answer(self, event: dict[str, Any], request_id: str) -> Reply:
        """Have an instance answer. Errors: Failure, with the HTTP status that the client should get."""
        loop = asyncio.get_running_loop()
        arrived = loop.time()
        timeout_ms = round(self.settings.timeout * 1000)
        message = {"event": event, "request_id": request_id, "timeout_ms": timeout_ms}
        try:
            instance, cold = await self._seat()
        except Failure as failure:
            self._count(arrived, arrived, failure.status, cold=False)
            raise
        began = arrived if cold else loop.time()
        try:
            reply = await instance.call(msgspec.json.encode(message), self.settings.timeout)
        except Failure as failure:
            self._count(arrived, began, failure.status, cold)
            self._leave(instance, broken=instance.gone or failure.status == 504)
            raise
        except BaseException:
            self._leave(instance, broken=True)
            raise
        self._count(arrived, began, reply.statusCode, cold)
        self._leave(instance, broken=False)
        return reply

    def scale(self) -> None:
        """Bring the number of instances to what the policy says now."""
        for seat in [seat for seat in self._idle if seat[1].gone]:
            self._idle.remove(seat)
            self._end(seat[1])
        now = asyncio.get_running_loop().time()
        decision = decide(self.load, self.settings, now, in_service=self.in_service)
        for _ in range(decision.start):
            self._starting += 1
            _keep(self._starts, self._start_one())
        for _ in range(decision.end):
            _, instance = self._idle.popleft()
            self._end(instance)

    async def close(self) -> None:
        """End all instances; requests that still wait or run are answered with 503 or 502."""
        self.in_service = False
        for seat in self._waiting:
            if not seat.done():
                seat.set_exception(Failure(503, "Shutting down", "the platform is shutting down"))
        self._waiting.clear()
        for task in tuple(self._starts):
            task.cancel()
        for instance in [*(instance for _, instance in self._idle), *self._busy]:
            self._end(instance)
        self._idle.clear()
        await asyncio.gather(*self._starts, return_exceptions=True)
        await asyncio.gather(*self._ends)

    async def _seat(self) -> Seat:
        """An instance for one request: an idle one, the one used last first, or one that becomes free."""
        while self._idle:
            _, instance = self._idle.pop()
            if not instance.gone:
                self._busy.add(instance)
                return instance, False
            self._end(instance)
        if self._last_failure is not None and self._backs_off():
            raise self._last_failure.again()
        if not may_wait(len(self._waiting), self.settings):
            raise Failure(429, "Too many requests", "all instances are busy and the queue is full")
        loop = asyncio.get_running_loop()
        seat: asyncio.Future[Seat] = loop.create_future()
        self._waiting.append(seat)
        self.scale()
        timer = loop.call_later(self.settings.timeout, self._refuse, seat)
        try:
            return await seat
        finally:
            timer.cancel()

    def _backs_off(self) -> bool:
        """Whether the version has no instance, and none will be started for a while."""
        now = asyncio.get_running_loop().time()
        return not (self._busy or self._starting) and now < self._failed_at + back_off(self._failures)

    def _refuse(self, seat: asyncio.Future[Seat]) -> None:
        # With nothing but starts under way, the limit of the start itself settles the matter.
        if seat.done() or not self._busy:
            return
        self._waiting.remove(seat)
        text = f"no instance became free within {self.settings.timeout:g} s"
        seat.set_exception(Failure(429, "Too many requests", text))

    async def _start_one(self) -> None:
        try:
            instance = await self._start()
        except Failure as failure:
            self._starting -= 1
            self._failures += 1
            self._failed_at = asyncio.get_running_loop().time()
            self._last_failure = failure
            if not (self._busy or self._idle or self._starting):
                self._fail_all(failure)
            return
        except BaseException:
            self._starting -= 1
            raise
        self._starting -= 1
        self._failures = 0
        self._last_failure = None
        self._give(instance, cold=True)

    def _fail_all(self, failure: Failure) -> None:
        for seat in self._waiting:
            if not seat.done():
                seat.set_exception(failure.again())
        self._waiting.clear()

    def _leave(self, instance: Instance, broken: bool) -> None:
        self._busy.discard(instance)
        if broken:
            self._end(instance)
            self.scale()
        else:
            self._give(instance, cold=False)

    def _give(self, instance: Instance, cold: bool) -> None:
        """Hand an instance to the request that waits longest, or let it be idle."""
        while self._waiting:
            seat = self._waiting.popleft()
            if not seat.done():
                self._busy.add(instance)
                seat.set_result((instance, cold))
                return
        self._idle.append((asyncio.get_running_loop().time(), instance))

    def _count(self, arrived: float, began: float, status: int, cold: bool) -> None:
        if status == 429:
            self.counters.refused += 1
            return
        now = asyncio.get_running_loop().time()
        self.counters.add(
            seconds=now - arrived,
            billed=now - began,
            memory=self.settings.memory,
            failed=status >= 500,
            cold=cold,
        )

    def _end(self, instance: Instance) -> None:
        _keep(self._ends, instance.end())


def _keep(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
    """Start work and hold on to it until it is done; the loop itself would let go of it."""
    task = asyncio.get_running_loop().create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
