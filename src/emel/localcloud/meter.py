"""What each version was used for: calls, errors, cold starts, latency and the bill, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

BILLING_STEP = 0.1
"""Seconds; a call is billed for whole steps, as in Yandex Cloud Functions."""
_GROWTH = math.log(1.04)
_SHORTEST = 1e-5


class Counters(msgspec.Struct):
    """The use of one version since it was created.

    `latency` counts calls by logarithmic steps of 4 % above 10 µs, so a percentile is right to 2 %,
    however many calls there were. A cold start is a call that had to wait for an instance to start.
    """

    calls: int = 0
    errors: int = 0
    """Calls that ended with a status of 500 or above."""
    refused: int = 0
    """Requests that got 429; they are no calls."""
    cold_starts: int = 0
    billed_gb_seconds: float = 0.0
    seconds: float = 0.0
    """Of all calls, from a request's arrival to its answer."""
    run_seconds: float = 0.0
    """Of these, on an instance."""
    statuses: dict[int, int] = {}
    """HTTP status → how many requests it was the answer to; 429 too."""
    latency: dict[int, int] = {}

    def add(self, *, seconds: float, billed: float, memory: int, status: int, cold: bool) -> None:
        """Count a call that took `seconds` in all, of which `billed` ran on an instance of `memory` MiB."""
        self.calls += 1
        self.errors += status >= 500
        self.cold_starts += cold
        self.seconds += seconds
        self.run_seconds += billed
        self.statuses[status] = self.statuses.get(status, 0) + 1
        steps = max(1, math.ceil(billed / BILLING_STEP - 1e-9))
        self.billed_gb_seconds += steps * BILLING_STEP * memory / 1024
        step = max(0, int(math.log(max(seconds, _SHORTEST) / _SHORTEST) / _GROWTH))
        self.latency[step] = self.latency.get(step, 0) + 1

    def refuse(self) -> None:
        """Count a request that got 429."""
        self.refused += 1
        self.statuses[429] = self.statuses.get(429, 0) + 1

    def recount(self, status: int) -> None:
        """Count a call as 502 whose answer of `status` turned out to be no HTTP answer."""
        self.errors += status < 500
        self.statuses[status] -= 1
        # A function may make up as many numbers as it likes.
        if not self.statuses[status]:
            del self.statuses[status]
        self.statuses[502] = self.statuses.get(502, 0) + 1


def total(parts: Iterable[Counters]) -> Counters:
    """The sum of several versions' counters."""
    result = Counters()
    for part in parts:
        result.calls += part.calls
        result.errors += part.errors
        result.refused += part.refused
        result.cold_starts += part.cold_starts
        result.billed_gb_seconds += part.billed_gb_seconds
        result.seconds += part.seconds
        result.run_seconds += part.run_seconds
        for status, count in part.statuses.items():
            result.statuses[status] = result.statuses.get(status, 0) + count
        for step, count in part.latency.items():
            result.latency[step] = result.latency.get(step, 0) + count
    return result


def counted_up_to(latency: Mapping[int, int], bounds: Sequence[float]) -> list[int]:
    """How many calls took no longer than each of the ascending `bounds` in seconds, to a step of 4 %."""
    ordered = sorted(latency.items())
    found, place, passed = [], 0, 0
    for bound in bounds:
        while place < len(ordered) and _SHORTEST * math.exp((ordered[place][0] + 0.5) * _GROWTH) <= bound:
            passed += ordered[place][1]
            place += 1
        found.append(passed)
    return found


def percentile(latency: Mapping[int, int], share: float) -> float | None:
    """The latency in seconds that `share` (0 to 1) of the calls kept to; None when there were none."""
    wanted = share * sum(latency.values())
    passed = 0
    for step in sorted(latency):
        passed += latency[step]
        if passed >= wanted:
            return _SHORTEST * math.exp((step + 0.5) * _GROWTH)
    return None
