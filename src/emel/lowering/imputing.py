"""What is missing is replaced, or told."""

from __future__ import annotations

from math import isnan
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.categories import fill, is_missing
from emel.lowering.values import Value


def simple_imputer(model: Any, program: Program, value: Value) -> Value:
    """The statistic of the column in place of what is missing; columns without one are left out."""
    statistics = model.statistics_.tolist()
    marker = _marker(model)
    kept = [
        place
        for place, statistic in enumerate(statistics)
        if model.keep_empty_features or statistic is None or not is_missing(statistic)
    ]
    parts = []
    if kept:
        parts.append(_filled(model, program, program.select(value, kept), [statistics[at] for at in kept]))
        for place in kept:
            program.note_categories(value, place, [] if marker is None else [marker])
    if model.add_indicator:
        parts += _told(program, value, model.indicator_.features_.tolist(), marker)
    return program.concat(parts)


def _filled(model: Any, program: Program, value: Value, statistics: list[Any]) -> Value:
    """The value without gaps; None is none to an imputer that looks for NaN."""
    marker = _marker(model)
    looks_for_nan = type(model.missing_values) is float and isnan(model.missing_values)
    handed_on = [
        place
        for place, origin in enumerate(value.origins)
        if looks_for_nan and origin is not None and origin.column in program.nones
    ]
    if not handed_on and None not in statistics:
        return fill(program, value, statistics, marker)
    rest = [place for place in range(value.width) if place not in handed_on]
    if any(statistics[place] is None for place in rest):
        raise UnsupportedModelError("SimpleImputer fills with None", hint="train it on NaN in place of None")
    left = program.select(value, handed_on)
    parts = [fill(program, program.select(value, rest), [statistics[place] for place in rest], marker)]
    order = [*rest, *handed_on]
    joined = program.concat([*parts, left] if rest else [left])
    return program.select(joined, [order.index(place) for place in range(value.width)])


def missing_indicator(model: Any, program: Program, value: Value) -> Value:
    """1 for what is missing, else 0, of the columns that lacked values in training (or of all)."""
    features = model.features_.tolist()
    marker = _marker(model)
    if model.features == "missing-only" and model.error_on_new:
        others = [place for place in range(value.width) if place not in features]
        arrays = {"positions": program.array("u32", others)}
        value = program.add("require", value, origins=value.origins, arrays=arrays, marker=marker)
    return program.concat(_told(program, value, features, marker))


def _told(program: Program, value: Value, features: list[int], marker: Any) -> list[Value]:
    if not features:
        return []
    return [program.add("missing", program.select(value, features), missing=False, marker=marker)]


def _marker(model: Any) -> Any:
    """What stands for a missing value; None for those that are missing indeed."""
    given = model.missing_values
    return None if is_missing(given) else given if isinstance(given, str) else float(given)


TRANSFORMERS = {"sklearn.SimpleImputer": simple_imputer, "sklearn.MissingIndicator": missing_indicator}
