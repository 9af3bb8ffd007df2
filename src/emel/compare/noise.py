"""How much of a difference is chance: the metrics of repeated runs, and the band that they make.

The band answers one question: two runs of the same pipeline were made; how much worse may the second be by
chance alone? For normally distributed metrics that is t · s · √2, where s is the standard deviation of the
repeated runs and t the 95 % quantile of Student's distribution (one side, since only a drop is judged), which
is wide where there were few runs: 4.1 · s after three, 3.0 · s after five. Source: NIST/SEMATECH e-Handbook
of Statistical Methods, sections 1.3.6.7.2 (the quantiles) and 7.3.1 (pooled standard deviation).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from emel.compare.changes import number
from emel.records import MetricNoise, Noise, Scalar

FEWEST = 3
"""Runs below which the band would say nothing: after two, t is 6.3."""
QUANTILES = (
    *(6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761),
    *(1.753, 1.746, 1.740, 1.734, 1.729, 1.725, 1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701),
    *(1.699, 1.697),
)
"""95 % of Student's t with 1, 2, 3 … degrees of freedom."""
NORMAL = 1.645


def over_runs(runs: Sequence[Mapping[str, Scalar]]) -> dict[str, MetricNoise]:
    """Mean and spread of every metric that is a finite number in each of at least two runs."""
    found: dict[str, MetricNoise] = {}
    for name in runs[0]:
        values = [value for run in runs if (value := number(run.get(name))) is not None]
        if len(values) == len(runs) and all(map(math.isfinite, values)):
            found[name] = MetricNoise(
                values=tuple(values), mean=statistics.fmean(values), std=statistics.stdev(values)
            )
    return found


def bands(measured: Sequence[Noise]) -> dict[str, float]:
    """By metric, by how much two single runs may differ by chance. Several measurements are pooled.

    A metric that one of them has fewer than FEWEST runs of has no band from that one.
    """
    names = dict.fromkeys(name for noise in measured for name in noise.metrics)
    found = {name: [noise.metrics[name] for noise in measured if name in noise.metrics] for name in names}
    return {name: band for name, each in found.items() if (band := _band(each)) is not None}


def _band(each: Sequence[MetricNoise]) -> float | None:
    known = [one for one in each if len(one.values) >= FEWEST]
    freedom = sum(len(one.values) - 1 for one in known)
    if not freedom:
        return None
    pooled = sum((len(one.values) - 1) * one.std**2 for one in known) / freedom
    quantile = QUANTILES[freedom - 1] if freedom <= len(QUANTILES) else NORMAL
    return quantile * math.sqrt(2 * pooled)
