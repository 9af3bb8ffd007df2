"""How long requests took, as percentiles."""

from __future__ import annotations

import math
from collections.abc import Sequence

from emel.records import Latency


def latency_of(seconds: Sequence[float], *, first: float) -> Latency:
    """Of one or more requests; `first` is what the very first took, which may have waited for a start."""
    ordered = sorted(seconds)
    return Latency(
        requests=len(ordered),
        first_seconds=first,
        p50_seconds=rank(ordered, 0.50),
        p95_seconds=rank(ordered, 0.95),
        p99_seconds=rank(ordered, 0.99),
    )


def rank(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of numbers in ascending order."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
