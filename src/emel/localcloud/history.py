"""How functions did over the last quarter of an hour, in bounded memory: for the console's charts."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Mapping, Sequence

import msgspec

from emel.localcloud.meter import Counters, percentile, total
from emel.localcloud.policy import Load
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


class History:
    """Notes points of all functions that are in use."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, int], Counters] = {}
        self._points: dict[str, deque[HistoryPoint]] = {}

    def note(self, now: float, pools: Mapping[tuple[str, int], Pool]) -> None:
        """Add a point to each function; to be called every `STEP_SECONDS`. `now` is in seconds since 1970."""
        steps: dict[str, list[Counters]] = {}
        for key, pool in pools.items():
            before = self._seen.get(key, pool.counted_before)
            steps.setdefault(key[0], []).append(_difference(before, pool.counters))
        self._seen = {key: copy.deepcopy(pool.counters) for key, pool in pools.items()}
        for function, differences in steps.items():
            loads = [pool.load for (name, _), pool in pools.items() if name == function]
            points = self._points.setdefault(function, deque(maxlen=KEPT_POINTS))
            points.append(_point(now, total(differences), loads))

    def points(self, function: str) -> Sequence[HistoryPoint]:
        """The points of a function, the oldest first."""
        return tuple(self._points.get(function, ()))


def _difference(before: Counters, after: Counters) -> Counters:
    return Counters(
        calls=after.calls - before.calls,
        errors=after.errors - before.errors,
        refused=after.refused - before.refused,
        cold_starts=after.cold_starts - before.cold_starts,
        latency={
            step: count - before.latency.get(step, 0)
            for step, count in after.latency.items()
            if count != before.latency.get(step, 0)
        },
    )


def _point(now: float, step: Counters, loads: Sequence[Load]) -> HistoryPoint:
    return HistoryPoint(
        time=now,
        calls=step.calls,
        errors=step.errors,
        refused=step.refused,
        cold_starts=step.cold_starts,
        instances=sum(load.instances for load in loads),
        waiting=sum(load.waiting for load in loads),
        p50_seconds=percentile(step.latency, 0.5),
        p95_seconds=percentile(step.latency, 0.95),
        p99_seconds=percentile(step.latency, 0.99),
    )
