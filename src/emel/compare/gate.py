"""The gate: rules of emel.toml, applied to the metrics of a comparison."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal

from emel.compare.changes import number
from emel.records import Check, Direction, GateRule, MetricChange, Verdict

LIMITS: tuple[Literal["min", "max", "max_drop"], ...] = ("min", "max", "max_drop")
FUNCTION = ("function.", "shadow.")
"""What the names of the function's measures begin with; all others are metrics of the pipeline."""
MEASURES = {
    "function.zip_bytes": "emel package",
    "function.cold_start_seconds": "emel package",
    "function.per_million_calls": "emel package",
    "function.p99_seconds": "emel test",
    "function.agreement": "emel shadow",
    "shadow.mean_abs_diff": "emel shadow",
    "shadow.p99_abs_diff": "emel shadow",
    "shadow.max_abs_diff": "emel shadow",
    "shadow.worst_slice_agreement": "emel shadow",
    "shadow.p50_ratio": "emel shadow",
    "shadow.p99_ratio": "emel shadow",
}
"""What is measured of a function, and by which command."""


def judge(
    rules: Sequence[GateRule],
    metrics: Sequence[MetricChange],
    function: Sequence[MetricChange] | None = None,
) -> Verdict:
    """Apply every limit of every rule. The gate passes when each check does.

    A rule for `slices.*.accuracy` is one for every metric of such a name. `function` has the measures of the
    function, named `function.zip_bytes` and so on; without it no rule for them can be missed yet.
    """
    by_name = {metric.name: metric for metric in (*metrics, *(function or ()))}
    checks = tuple(
        check
        for rule in rules
        for check in (
            _not_measured(rule)
            if rule.metric.startswith(FUNCTION) and rule.metric not in by_name
            else _checks(rule, by_name)
        )
    )
    return Verdict(passed=all(check.passed for check in checks), checks=checks)


def _not_measured(rule: GateRule) -> Iterator[Check]:
    by = MEASURES.get(rule.metric)
    text = (
        f"{rule.metric} is measured by `{by}`"
        if by
        else f"{rule.metric} is not measured; there are {', '.join(MEASURES)}"
    )
    for name in LIMITS:
        limit = getattr(rule, name)
        if limit is not None:
            yield Check(
                metric=rule.metric, rule=name, limit=limit, value=None, passed=by is not None, text=text
            )


def _checks(rule: GateRule, metrics: Mapping[str, MetricChange]) -> Iterator[Check]:
    names = [rule.metric]
    if "*" in rule.metric:
        names = [name for name in metrics if fnmatchcase(name, rule.metric)] or names
    for name in names:
        metric = metrics.get(name)
        if rule.min is not None:
            yield _bound(name, metric, "min", rule.min)
        if rule.max is not None:
            yield _bound(name, metric, "max", rule.max)
        if rule.max_drop is not None:
            yield _drop(name, metric, rule.max_drop, rule.noise)


def _bound(name: str, metric: MetricChange | None, rule: Literal["min", "max"], limit: float) -> Check:
    value = number(metric.candidate) if metric else None
    if metric is None or value is None:
        return _failed(name, rule, limit, _without_number(name, metric))
    passed = value >= limit if rule == "min" else value <= limit
    relation = {
        ("min", True): "at least",
        ("min", False): "below",
        ("max", True): "at most",
        ("max", False): "above",
    }[rule, passed]
    text = f"{name} is {_written(value, limit)}, {relation} {_number(limit)}"
    return Check(metric=name, rule=rule, limit=limit, value=value, passed=passed, text=text)


def _drop(
    name: str, metric: MetricChange | None, limit: float, noise: Literal["auto"] | float | None
) -> Check:
    if metric is None or number(metric.candidate) is None:
        return _failed(name, "max_drop", limit, _without_number(name, metric))
    if metric.direction is None:
        text = (
            f"{name}: which way is better is not known; "
            f'add {_key(name)} = "higher" or "lower" under [metrics] in emel.toml'
        )
        return _failed(name, "max_drop", limit, text)
    if number(metric.base) is None:
        text = f"{name} has no value in the base to be held against"
        return Check(metric=name, rule="max_drop", limit=limit, value=None, passed=True, text=text)
    drop = _worsening(metric, metric.direction)
    kept = _is_at_most(drop, limit)
    band = metric.noise if noise == "auto" else noise
    passed = kept or (band is not None and _is_at_most(drop, limit + band))
    text = _told(name, drop, limit, kept)
    if not kept:
        text += _of_noise(noise, band, passed)
    return Check(metric=name, rule="max_drop", limit=limit, value=drop, passed=passed, text=text, noise=band)


def _is_at_most(drop: float, limit: float) -> bool:
    """0.97 - 0.95 is a little more than 0.02 in binary, and nobody would call that a broken rule."""
    return drop <= limit or math.isclose(drop, limit, rel_tol=1e-9)


def _of_noise(noise: Literal["auto"] | float | None, band: float | None, passed: bool) -> str:
    """What a drop beyond the limit has to do with the noise."""
    if noise is None:
        return ""
    if band is None:
        return "; the noise is not known: `emel run --repeat 5` measures it"
    return f", but within the noise of ±{band:.2g}" if passed else f", beyond the noise of ±{band:.2g} too"


def _worsening(metric: MetricChange, direction: Direction) -> float:
    """How much worse the candidate is, in the metric's own unit; negative when it is better."""
    old, new = number(metric.base), number(metric.candidate)
    assert old is not None and new is not None
    if old == new:
        return 0.0
    return old - new if direction == "higher" else new - old


def _told(name: str, drop: float, limit: float, passed: bool) -> str:
    if drop == 0:
        return f"{name} is as good as in the base"
    if drop < 0:
        return f"{name} got better by {_number(-drop) if drop.is_integer() else f'{-drop:.4g}'}"
    relation = "at most" if passed else "more than"
    return f"{name} got worse by {_written(drop, limit)}, {relation} {_number(limit)}"


def _without_number(name: str, metric: MetricChange | None) -> str:
    if metric is None:
        return f"{name} fits none of the metrics" if "*" in name else f"{name} is not among the metrics"
    if metric.effect == "gone":
        return f"{name} is in the base, but no longer among the metrics"
    return f"{name} is {metric.candidate}, which is no number"


def _failed(name: str, rule: Literal["min", "max", "max_drop"], limit: float, text: str) -> Check:
    return Check(metric=name, rule=rule, limit=limit, value=None, passed=False, text=text)


def _written(value: float, limit: float) -> str:
    """Short, but never so short that it seems to stand elsewhere beside its limit: 0.89996, not 0.9."""
    if value.is_integer():
        return _number(value)
    for digits in (4, 6, 9):
        text = f"{value:.{digits}g}"
        if (float(text) < limit, float(text) > limit) == (value < limit, value > limit):
            return text
    return repr(value)


def _number(value: float) -> str:
    """Whole numbers in full: 42000, not 4.2e+04."""
    return f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:g}"


def _key(name: str) -> str:
    return f'"{name}"' if "." in name or ":" in name else name
