"""What differs between the values of two revisions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from emel.compare.directions import direction_of
from emel.records import (
    DataChange,
    Direction,
    Effect,
    EnvironmentChange,
    MetricChange,
    ParamChange,
    RunRecord,
    Scalar,
)


def metric_changes(
    base: Mapping[str, Scalar],
    candidate: Mapping[str, Scalar],
    directions: Mapping[str, Direction],
    bands: Mapping[str, float] = MappingProxyType({}),
) -> tuple[MetricChange, ...]:
    """Every metric of either side, in the candidate's order, then those that are gone.

    `bands` have the noise of metrics, where it is known.
    """
    return tuple(
        _metric_change(name, base, candidate, direction_of(name, directions), bands.get(name))
        for name in _names(candidate, base)
    )


def param_changes(base: Mapping[str, Scalar], candidate: Mapping[str, Scalar]) -> tuple[ParamChange, ...]:
    """Parameters whose values differ, in the candidate's order, then those that are gone."""
    changes: list[ParamChange] = []
    for name in _names(candidate, base):
        old, new = base.get(name), candidate.get(name)
        if name not in base:
            changes.append(ParamChange(name=name, base=None, candidate=new, effect="new"))
        elif name not in candidate:
            changes.append(ParamChange(name=name, base=old, candidate=None, effect="gone"))
        elif not _same(old, new):
            changes.append(ParamChange(name=name, base=old, candidate=new, effect="changed"))
    return tuple(changes)


def data_changes(base: Mapping[str, str], candidate: Mapping[str, str]) -> tuple[DataChange, ...]:
    """Files whose digests differ, by path."""
    return tuple(
        DataChange(path=path, base=base.get(path), candidate=candidate.get(path))
        for path in sorted({*base, *candidate})
        if base.get(path) != candidate.get(path)
    )


def function_changes(
    base: Mapping[str, float] | None, candidate: Mapping[str, float] | None
) -> tuple[MetricChange, ...] | None:
    """Measures of the function, of which less is always better; None where the candidate has none yet."""
    if candidate is None:
        return None
    return metric_changes(base or {}, candidate, dict.fromkeys(candidate, "lower"))


def environment_changes(base: RunRecord | None, candidate: RunRecord | None) -> tuple[EnvironmentChange, ...]:
    """What differs of two runs' environments: the interpreter, the machine, libraries by name."""
    if base is None or candidate is None:
        return ()
    old, new = _environment(base), _environment(candidate)
    return tuple(
        EnvironmentChange(name=name, base=old.get(name), candidate=new.get(name))
        for name in _names(new, old)
        if old.get(name) != new.get(name)
    )


def number(value: Scalar) -> float | None:
    """The value as a number; None for what cannot be put in order: text, truth values, NaN, nothing."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        converted = float(value)
    except OverflowError:
        return math.copysign(math.inf, value)
    return None if math.isnan(converted) else converted


def _environment(run: RunRecord) -> dict[str, str]:
    machine = {"python": run.python, "system": run.system, "cores": str(run.cores)}
    return machine | dict(sorted(run.libraries.items()))


def _metric_change(
    name: str,
    base: Mapping[str, Scalar],
    candidate: Mapping[str, Scalar],
    direction: Direction | None,
    noise: float | None,
) -> MetricChange:
    old, new = base.get(name), candidate.get(name)
    start = number(old)
    delta = _delta(start, number(new))
    return MetricChange(
        name=name,
        direction=direction,
        base=old,
        candidate=new,
        delta=delta,
        relative=_finite(delta / abs(start)) if delta is not None and start else None,
        effect=_effect(name, base, candidate, direction),
        noise=noise,
    )


def _effect(
    name: str, base: Mapping[str, Scalar], candidate: Mapping[str, Scalar], direction: Direction | None
) -> Effect:
    if name not in base:
        return "new"
    if name not in candidate:
        return "gone"
    if _same(base[name], candidate[name]):
        return "same"
    old, new = number(base[name]), number(candidate[name])
    if direction is None or (old is None and new is None):
        return "changed"
    if new is None:
        # A number became NaN or a word: nothing to be measured any more.
        return "worse"
    if old is None:
        return "changed"
    return "better" if (new > old) == (direction == "higher") else "worse"


def _delta(old: float | None, new: float | None) -> float | None:
    if old is None or new is None:
        return None
    # Equal infinities have no difference that a number could tell.
    return 0.0 if old == new else _finite(new - old)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _same(old: Scalar, new: Scalar) -> bool:
    if isinstance(old, bool) != isinstance(new, bool):
        return False
    return old == new or (_is_nan(old) and _is_nan(new))


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _names(first: Iterable[str], second: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))
