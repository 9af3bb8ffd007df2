"""The instances of one version: starts, reuses, suspends and ends them, and lets requests wait for them.

A pool is told the time and never waits: it acts when a request comes, when an instance has answered, and when
`tick` is called. So it runs on the platform's event loop and on a simulated clock alike.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable
from typing import Protocol

from emel.localcloud.events import Reply
from emel.localcloud.instance import Failure
from emel.localcloud.meter import Counters
from emel.localcloud.policy import Load, back_off, decide, longest_wait, may_wait
from emel.records import FunctionSettings

Done = Callable[[Reply | Failure], None]
"""Gets what became of a request, once."""


class Worker(Protocol):
    """What a pool asks of an instance; see emel.localcloud.instance.Instance."""

    @property
    def gone(self) -> bool: ...

    def call(self, request: bytes, on_reply: OnReply) -> None: ...

    def suspend(self) -> None: ...

    def drain(self) -> None: ...

    def end(self, on_ended: Callable[[], None]) -> None: ...


OnReply = Callable[[Worker, Reply | Failure], None]
OnStarted = Callable[[Worker, Failure | None], None]
Start = Callable[[OnStarted], Worker]
"""Begins to start an instance. Errors: Failure when it cannot even begin."""


class _Call:
    """A request on its way."""

    __slots__ = ("arrived", "began", "cold", "done", "request")

    def __init__(self, request: bytes, done: Done, arrived: float) -> None:
        self.request = request
        self.done = done
        self.arrived = self.began = arrived
        self.cold = False
        """Whether it waited for an instance to start."""


class Pool:
    """Answers the requests to one version."""

    def __init__(
        self, settings: FunctionSettings, start: Start, counters: Counters, now: Callable[[], float]
    ) -> None:
        """`now` tells seconds on a monotonic clock."""
        self.settings = settings
        self.counters = counters
        self.counted_before = copy.deepcopy(counters)
        """What had been counted when the pool began."""
        self.in_service = True
        """Whether a tag points at the version; when not, nothing is kept warm."""
        self._start = start
        self._now = now
        self._idle: deque[tuple[float, Worker]] = deque()
        self._busy: dict[Worker, _Call] = {}
        self._starting: dict[Worker, float] = {}
        self._waiting: deque[_Call] = deque()
        self._ending = 0
        self._suspended = 0
        self._failures = 0
        self._failed_at = 0.0
        self._last_failure: Failure | None = None
        self._has_worked = False
        self._failed_alone = 0

    @property
    def load(self) -> Load:
        return Load(
            tuple(moment for moment, _ in self._idle),
            len(self._busy),
            len(self._starting),
            len(self._waiting),
            self._failures,
            self._failed_at,
        )

    @property
    def suspended(self) -> int:
        """How many of the idle instances are suspended."""
        return self._suspended

    @property
    def states(self) -> dict[str, int]:
        """How many instances are starting, busy, idle and suspended."""
        idle = len(self._idle) - self._suspended
        return {
            "starting": len(self._starting),
            "busy": len(self._busy),
            "idle": idle,
            "suspended": self._suspended,
        }

    @property
    def workers(self) -> list[Worker]:
        """All instances that are not being ended."""
        return [*self._starting, *self._busy, *(worker for _, worker in self._idle)]

    @property
    def empty(self) -> bool:
        """Whether there is no instance, and nothing that needs or ends one."""
        return not (self._idle or self._busy or self._starting or self._waiting or self._ending)

    def ask(self, request: bytes, done: Done) -> None:
        """Have an instance answer. `done` may be called at once or later."""
        now = self._now()
        call = _Call(request, done, now)
        while self._idle:
            _, worker = self._idle.pop()
            self._suspended = min(self._suspended, len(self._idle))
            if not worker.gone:
                self._busy[worker] = call
                worker.call(request, self._answered)
                return
            self._end(worker)
        if self._last_failure is not None and self._backs_off(now):
            self._finish(call, _same(self._last_failure))
        elif not may_wait(len(self._waiting), self.settings):
            text = "all instances are busy and the queue is full"
            self._finish(call, Failure(429, "Too many requests", text))
        else:
            self._waiting.append(call)
            self._scale(now)

    def tick(self) -> None:
        """Act on the time that has passed; to be called a few times a second."""
        now = self._now()
        for worker, call in list(self._busy.items()):
            if now - call.began >= self.settings.timeout and self._busy.get(worker) is call:
                self._time_out(worker, call)
        for worker, began in list(self._starting.items()):
            if now - began >= self.settings.timeout:
                text = f"the instance did not start within {self.settings.timeout:g} s"
                self._started(worker, Failure(504, "Start timed out", text))
        self._refuse_overdue(now)
        for seat in [seat for seat in self._idle if seat[1].gone]:
            self._idle.remove(seat)
            self._end(seat[1])
        self._scale(now)
        for worker in self.workers:
            worker.drain()

    def close(self) -> None:
        """End all instances; requests that still wait are answered with 503, those that run with 502."""
        self.in_service = False
        text = "the platform is shutting down"
        for call in self._take_waiting():
            self._finish(call, Failure(503, "Shutting down", text))
        for worker in [*self._starting, *(worker for _, worker in self._idle)]:
            self._end(worker)
        self._starting.clear()
        self._idle.clear()
        for worker, call in list(self._busy.items()):
            del self._busy[worker]
            self._end(worker)
            self._finish(call, Failure(502, "Function ended", f"the function was ended: {text}"))

    def _scale(self, now: float) -> None:
        decision = decide(self.load, self.settings, now, in_service=self.in_service)
        for _ in range(decision.end):
            self._end(self._idle.popleft()[1])
        self._suspended = decision.suspend
        for index in range(decision.suspend):
            self._idle[index][1].suspend()
        for _ in range(decision.start):
            try:
                self._starting[self._start(self._started)] = now
            except Failure as failure:
                self._note_failure(failure)
                return

    def _started(self, worker: Worker, failure: Failure | None) -> None:
        began = self._starting.pop(worker)
        if failure is not None:
            self._end(worker)
            self._note_failure(failure)
            return
        self._failures = self._failed_alone = 0
        self._last_failure = None
        self._has_worked = True
        self._give(worker, start_began=began)

    def _note_failure(self, failure: Failure) -> None:
        self._failures += 1
        self._failed_at = self._now()
        self._last_failure = failure
        if not (self._busy or self._idle):
            self._failed_alone += 1
        if not (self._busy or self._idle or self._starting or self._may_be_accident()):
            for call in self._take_waiting():
                self._finish(call, _same(failure))

    def _answered(self, worker: Worker, answer: Reply | Failure) -> None:
        call = self._busy.pop(worker)
        if worker.gone:
            self._end(worker)
            self._scale(self._now())
        else:
            self._give(worker)
        self._finish(call, answer)

    def _time_out(self, worker: Worker, call: _Call) -> None:
        del self._busy[worker]
        self._end(worker)
        text = f"the function did not answer within {self.settings.timeout:g} s, and was ended"
        self._finish(call, Failure(504, "Time-out", text))

    def _give(self, worker: Worker, start_began: float | None = None) -> None:
        """Hand an instance to the request that waits longest, or let it be idle.

        A request that waited for the start has it in its own time and bill, as in Yandex Cloud Functions.
        """
        if not self._waiting:
            self._idle.append((self._now(), worker))
            return
        call = self._waiting.popleft()
        call.cold = start_began is not None
        call.began = self._now() if start_began is None else max(call.arrived, start_began)
        self._busy[worker] = call
        worker.call(call.request, self._answered)

    def _refuse_overdue(self, now: float) -> None:
        # With nothing but starts under way, the limit of the start itself settles the matter.
        longest = longest_wait(self.settings)
        while self._busy and self._waiting and now - self._waiting[0].arrived >= longest:
            text = f"no instance became free within {longest:g} s"
            self._finish(self._waiting.popleft(), Failure(429, "Too many requests", text))

    def _backs_off(self, now: float) -> bool:
        """Whether the version has no instance, and none will be started for a while."""
        if self._busy or self._starting or self._may_be_accident():
            return False
        return now < self._failed_at + back_off(self._failures)

    def _may_be_accident(self) -> bool:
        """Whether a version that has worked failed to start once at most with no other instance there.

        Who waits then waits for the next start.
        """
        return self._has_worked and self._failed_alone <= 1

    def _take_waiting(self) -> list[_Call]:
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting

    def _finish(self, call: _Call, answer: Reply | Failure) -> None:
        status = answer.statusCode if isinstance(answer, Reply) else answer.status
        if status == 429 and isinstance(answer, Failure):
            self.counters.refuse()
        else:
            now = self._now()
            self.counters.add(
                seconds=now - call.arrived,
                billed=now - call.began,
                memory=self.settings.memory,
                status=status,
                cold=call.cold,
            )
        call.done(answer)

    def _end(self, worker: Worker) -> None:
        self._ending += 1
        worker.end(self._ended)

    def _ended(self) -> None:
        self._ending -= 1


def _same(failure: Failure) -> Failure:
    """The same for another request; an exception that is raised twice would drag its past along."""
    return Failure(failure.status, failure.title, failure.detail)
