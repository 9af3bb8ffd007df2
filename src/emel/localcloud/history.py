"""How functions did over the last quarter of an hour, in bounded memory: for the console's charts."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from emel.localcloud.meter import percentile, total
from emel.localcloud.pool import Pool

STEP_SECONDS = 2.0
KEPT_POINTS = 450


class HistoryPoint(msgspec.Struct):
    """What a function did in one step of time."""

    time: float
    """Its end, in seconds since 1970."""
    calls: int
    errors: int
    refused: int
    cold_starts: int
    instances: int
    """At its end, as `waiting`."""
    waiting: int
    p50_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None


class _Seen(NamedTuple):
    calls: int
    errors: int
    refused: int
    cold_starts: int
    latency: dict[int, int]


class History:
    """Notes points of all functions that are in use."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._points: dict[str, deque[HistoryPoint]] = {}

    def note(self, now: float, pools: Mapping[tuple[str, int], Pool]) -> None:
        """Add a point to each function; to be called every `STEP_SECONDS`. `now` is in seconds since 1970."""
        by_function: dict[str, list[Pool]] = {}
        for (function, _), pool in pools.items():
            by_function.setdefault(function, []).append(pool)
        for function, its_pools in by_function.items():
            counters = total(pool.counters for pool in its_pools)
            before = self._seen.get(function)
            self._seen[function] = after = _Seen(
                counters.calls, counters.errors, counters.refused, counters.cold_starts, counters.latency
            )
            if before is not None:
                points = self._points.setdefault(function, deque(maxlen=KEPT_POINTS))
                points.append(_point(now, before, after, its_pools))

    def points(self, function: str) -> Sequence[HistoryPoint]:
        """The points of a function, the oldest first."""
        return tuple(self._points.get(function, ()))


def _point(now: float, before: _Seen, after: _Seen, pools: Sequence[Pool]) -> HistoryPoint:
    # A version that went out of use takes its counts along: the sum can be less than before.
    latency = {
        step: count - before.latency.get(step, 0)
        for step, count in after.latency.items()
        if count > before.latency.get(step, 0)
    }
    loads = [pool.load for pool in pools]
    return HistoryPoint(
        time=now,
        calls=max(0, after.calls - before.calls),
        errors=max(0, after.errors - before.errors),
        refused=max(0, after.refused - before.refused),
        cold_starts=max(0, after.cold_starts - before.cold_starts),
        instances=sum(load.instances for load in loads),
        waiting=sum(load.waiting for load in loads),
        p50_seconds=percentile(latency, 0.5),
        p95_seconds=percentile(latency, 0.95),
        p99_seconds=percentile(latency, 0.99),
    )
