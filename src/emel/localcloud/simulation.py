"""The platform's own pool on a simulated clock: what its scaling does with traffic, and nothing is run."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from emel.localcloud.events import Reply
from emel.localcloud.instance import Failure
from emel.localcloud.meter import Counters
from emel.localcloud.pool import OnReply, OnStarted, Pool, Worker
from emel.records import FunctionSettings, Simulation, SimulationPoint

TICK_SECONDS = 0.1
"""How often the pool is told to look at the time, as the server does."""
POINTS = 60

Act = Callable[[], None]


class Function(NamedTuple):
    """A function as the simulation sees it. Times are seconds."""

    settings: FunctionSettings
    start_seconds: float
    call_seconds: float
    billing_step: float
    """A call is billed for whole steps."""
    queue: bool
    """Whether requests wait for a busy instance; otherwise they get 429 at once when all are busy."""


def simulate(
    function: Function, arrivals: Iterable[float], seconds: float, *, cloud: str, pattern: str
) -> Simulation:
    """Have a function answer requests that come at `arrivals`, ascending seconds from 0 to `seconds`.

    It begins without an instance, but for the provisioned ones, which are warm. What is under way at the end
    is still answered, and counted in the last span.
    """
    run = _Run(function, seconds)
    for arrival in arrivals:
        run.advance(arrival)
        run.request()
    run.advance(seconds)
    run.answer_the_rest()
    return run.result(cloud, pattern)


class _Span:
    """What happened since the last point."""

    def __init__(self) -> None:
        self.requests = self.refused = self.cold_starts = self.instances = self.waiting = 0
        self.latencies: list[float] = []


class _Run:
    def __init__(self, function: Function, seconds: float) -> None:
        self._function = function
        self._seconds = seconds
        self._now = -function.start_seconds
        self._order = itertools.count()
        self._events: list[tuple[float, int, Act]] = []
        self._ticks = math.floor(self._now / TICK_SECONDS)
        self._next_tick = math.inf
        longest = max(function.start_seconds, function.call_seconds)
        self._times_out = longest >= function.settings.timeout
        self._counters = Counters()
        self._pool = Pool(function.settings, self._start, self._counters, lambda: self._now)
        self._cold_starts = self._refused = self._timeouts = self._most = 0
        self._instances = 0
        self._billed_seconds = self._instance_seconds = 0.0
        self._latencies: list[float] = []
        self._points: list[SimulationPoint] = []
        self._span = _Span()
        # The provisioned instances start before the traffic does.
        self._pool.tick()
        self.advance(0.0)
        self._look()

    def advance(self, moment: float) -> None:
        """Let time pass, with all that happens meanwhile."""
        while (coming := min(self._next_event, self._next_tick)) <= moment:
            self._pass_to(coming)
            if self._next_event <= self._next_tick:
                heapq.heappop(self._events)[2]()
            else:
                self._ticks += 1
                self._pool.tick()
            self._look()
        self._pass_to(moment)

    def request(self) -> None:
        """A request comes now."""
        self._span.requests += 1
        if not self._function.queue and self._all_busy():
            self._refuse()
        else:
            arrived = self._now
            self._pool.ask(b"", lambda answer: self._done(answer, arrived))
        self._look()

    def answer_the_rest(self) -> None:
        """Let time pass until nothing is under way."""
        while (load := self._pool.load).busy or load.starting or load.waiting:
            self.advance(min(self._next_event, self._next_tick))
        self._close_span()

    def result(self, cloud: str, pattern: str) -> Simulation:
        ordered = sorted(self._latencies)
        return Simulation(
            cloud=cloud,
            pattern=pattern,
            seconds=self._seconds,
            settings=self._function.settings,
            start_seconds=self._function.start_seconds,
            call_seconds=self._function.call_seconds,
            requests=len(ordered) + self._refused + self._timeouts,
            answered=len(ordered),
            refused=self._refused,
            timeouts=self._timeouts,
            cold_starts=self._cold_starts,
            p50_seconds=_percentile(ordered, 0.5),
            p95_seconds=_percentile(ordered, 0.95),
            p99_seconds=_percentile(ordered, 0.99),
            most_instances=self._most,
            mean_instances=self._instance_seconds / self._seconds,
            billed_gb_seconds=self._billed_gb_seconds,
            points=tuple(self._points),
        )

    @property
    def _next_event(self) -> float:
        return self._events[0][0] if self._events else math.inf

    @property
    def _billed_gb_seconds(self) -> float:
        return self._billed_seconds * self._function.settings.memory / 1024

    def _pass_to(self, moment: float) -> None:
        while len(self._points) < POINTS - 1 and moment >= self._span_end():
            self._count_instances(self._span_end())
            self._close_span()
        self._count_instances(moment)

    def _count_instances(self, moment: float) -> None:
        counted = min(moment, self._seconds) - max(self._now, 0.0)
        self._instance_seconds += max(0.0, counted) * self._instances
        self._now = moment

    def _span_end(self) -> float:
        return self._seconds * (len(self._points) + 1) / POINTS

    def _close_span(self) -> None:
        span = self._span
        self._points.append(
            SimulationPoint(
                seconds=self._span_end(),
                requests=span.requests,
                refused=span.refused,
                cold_starts=span.cold_starts,
                instances=span.instances,
                waiting=span.waiting,
                p95_seconds=_percentile(sorted(span.latencies), 0.95),
                billed_gb_seconds=self._billed_gb_seconds,
            )
        )
        self._span = _Span()
        self._look()

    def _look(self) -> None:
        """Note what there is now, and when the pool has to look at the time again."""
        load, span = self._pool.load, self._span
        self._instances = load.instances
        span.instances = max(span.instances, self._instances)
        span.waiting = max(span.waiting, load.waiting)
        self._most = max(self._most, self._instances)
        self._ticks = max(self._ticks, math.floor(self._now / TICK_SECONDS))
        if load.waiting or (self._times_out and (load.busy or load.starting)):
            soonest = 0
        elif load.idle_since:
            expires = load.idle_since[0] + self._function.settings.idle_seconds
            soonest = math.ceil(expires / TICK_SECONDS)
        else:
            self._next_tick = math.inf
            return
        self._next_tick = max(self._ticks + 1, soonest) * TICK_SECONDS

    def _all_busy(self) -> bool:
        load = self._pool.load
        return not load.idle_since and load.instances >= self._function.settings.max_instances

    def _start(self, on_started: OnStarted) -> Worker:
        worker = _Worker(self._after, self._function.call_seconds)
        self._after(self._function.start_seconds, lambda: worker.start(on_started))
        return worker

    def _after(self, seconds: float, act: Act) -> None:
        heapq.heappush(self._events, (self._now + seconds, next(self._order), act))

    def _done(self, answer: Reply | Failure, arrived: float) -> None:
        if isinstance(answer, Failure) and answer.status == 429:
            self._refuse()
            return
        function = self._function
        cold = self._counters.cold_starts > self._cold_starts
        self._cold_starts = self._counters.cold_starts
        self._span.cold_starts += cold
        took = function.call_seconds + (function.start_seconds if cold else 0.0)
        took = min(took, self._now - arrived, function.settings.timeout)
        # Rounding first hides the error of the division: 0.3 / 0.1 is above 3.
        steps = max(1, math.ceil(round(took / function.billing_step, 6)))
        self._billed_seconds += steps * function.billing_step
        if isinstance(answer, Failure):
            self._timeouts += 1
            return
        self._latencies.append(self._now - arrived)
        self._span.latencies.append(self._now - arrived)

    def _refuse(self) -> None:
        self._refused += 1
        self._span.refused += 1


class _Worker:
    """An instance that answers after a while, and does nothing else."""

    def __init__(self, after: Callable[[float, Act], None], call_seconds: float) -> None:
        self.gone = False
        self._after = after
        self._call_seconds = call_seconds

    def start(self, on_started: OnStarted) -> None:
        if not self.gone:
            on_started(self, None)

    def call(self, request: bytes, on_reply: OnReply) -> None:
        self._after(self._call_seconds, lambda: self._reply(on_reply))

    def suspend(self) -> None:
        pass

    def drain(self) -> None:
        pass

    def end(self, on_ended: Act) -> None:
        self.gone = True
        on_ended()

    def _reply(self, on_reply: OnReply) -> None:
        if not self.gone:
            on_reply(self, Reply())


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    """The latency that `share` of the calls kept to; None when there were none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None
