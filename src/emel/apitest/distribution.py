"""How differences are spread: quantiles and a histogram."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from emel.apitest.latency import rank
from emel.records import Distribution

BINS = 20
SHARES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99}


def distribution(differences: Sequence[float]) -> Distribution:
    """Of one or more finite numbers. Bins are of one width, from the least to the greatest or 0."""
    sizes = sorted(map(abs, differences))
    low, high = min(0.0, *differences), max(0.0, *differences)
    steps = BINS if high > low else 1
    edges = [low + (high - low) * step / steps for step in range(steps)] + [high]
    counts = [0] * steps
    for difference in differences:
        counts[min(steps - 1, max(0, bisect_left(edges, difference) - 1))] += 1
    return Distribution(
        quantiles={name: rank(sizes, share) for name, share in SHARES.items()},
        edges=tuple(edges),
        counts=tuple(counts),
    )
