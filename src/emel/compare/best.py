"""The best that each metric ever was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from emel.compare.changes import number
from emel.records import Best, MetricChange, Snapshot


def best_so_far(metrics: Iterable[MetricChange], past: Sequence[Snapshot]) -> dict[str, Best]:
    """By the name of the metric. Of equal values the oldest counts, `past` being the newest first.

    A metric whose direction is not known, or that never was a number, has none.
    """
    found: dict[str, Best] = {}
    for metric in metrics:
        if metric.direction is None:
            continue
        values = (
            (value, snapshot.revision)
            for snapshot in reversed(past)
            if (value := number(snapshot.metrics.get(metric.name))) is not None
        )
        sign = 1 if metric.direction == "higher" else -1
        top = max(values, key=lambda pair: sign * pair[0], default=None)
        if top:
            found[metric.name] = Best(value=top[0], revision=top[1])
    return found
