"""CatBoost's features: numbers, categories one-hot by their hashes, and statistics of the target for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.nodes import single
from emel.lowering.values import Value

EMPTY = 2**64 - 1
"""What stands in CatBoost's hash tables where there is no key."""


class Features(NamedTuple):
    """What trees ask about: a vector, the position and border of each split, and where NaN lies."""

    value: Value
    question: Callable[[dict[str, Any]], tuple[int, float]]
    high: Sequence[int]
    """Positions whose missing values lie above all borders; others below."""


def features_of(model: Any, kept: dict[str, Any], program: Program, value: Value) -> Features:
    """Read the features of CatBoost's JSON. Errors: UnsupportedModelError."""
    told = kept["features_info"]
    numeric = told.get("float_features", [])
    columns = [entry["flat_feature_index"] for entry in numeric]
    if told.get("categorical_features"):
        return _with_categories(model, kept, program, value)
    high = [column for column, entry in zip(columns, numeric, strict=True) if _is_high(entry)]
    return Features(
        program.dense(value),
        lambda split: (columns[split["float_feature_index"]], float(split["border"])),
        high,
    )


def _is_high(entry: dict[str, Any]) -> bool:
    return bool(entry["nan_value_treatment"] == "AsTrue")


def _with_categories(model: Any, kept: dict[str, Any], program: Program, value: Value) -> Features:
    """Numbers first, then a 1 for each category that is one-hot, then the statistics."""
    told = kept["features_info"]
    numeric, statistics = told.get("float_features", []), told.get("ctrs", [])
    categorical = told["categorical_features"]
    numbers = program.select(value, [entry["flat_feature_index"] for entry in numeric])
    places = [entry["flat_feature_index"] for entry in categorical]
    origins = [value.origins[place] for place in places]
    if any(origin is not None and program.columns[origin.column].type == "boolean" for origin in origins):
        raise _refusal(model, "has categories that are booleans")
    picked = program.select(value, places)
    hashes = program.add("category_hashes", picked, width=len(places), missing=False)
    hot = [(place, number) for place, entry in enumerate(categorical) for number in entry.get("values", ())]
    parts = [numbers] if numeric else []
    if hot:
        parts.append(_ones(program, "equal", hashes, hot, "numbers"))
    order: list[int] = []
    if statistics:
        high = [place for place, entry in enumerate(numeric) if _is_high(entry)]
        order, made = _statistics(model, kept, program, numbers, hashes, high)
        parts.append(made)
    borders = sum(len(entry["borders"] or ()) for entry in numeric) + len(hot)
    asked = [(place, float(border)) for place, one in enumerate(statistics) for border in one["borders"]]

    def question(split: dict[str, Any]) -> tuple[int, float]:
        if split["split_type"] == "FloatFeature":
            return split["float_feature_index"], float(split["border"])
        if split["split_type"] == "OneHotFeature":
            return len(numeric) + hot.index((split["cat_feature_index"], split["value"])), 0.5
        # CatBoost counts all borders of numbers, then the categories, then the statistics' borders.
        place, border = asked[split["split_index"] - borders]
        return len(numeric) + len(hot) + order.index(place), border

    high = [place for place, entry in enumerate(numeric) if _is_high(entry)]
    return Features(program.concat(parts), question, high)


def _ones(
    program: Program, name: str, value: Value, asked: Sequence[tuple[int, float]], second: str
) -> Value:
    arrays = {
        "positions": program.array("u32", [place for place, _ in asked]),
        second: program.array("f64", [number for _, number in asked]),
    }
    return program.add(name, value, width=len(asked), missing=False, arrays=arrays)


def _statistics(
    model: Any, kept: dict[str, Any], program: Program, numbers: Value, hashes: Value, high: list[int]
) -> tuple[list[int], Value]:
    """The statistics, and in which order they stand: those of one set of features after each other."""
    told = kept["features_info"]["ctrs"]
    groups: dict[str, list[int]] = {}
    for place, one in enumerate(told):
        groups.setdefault(one["identifier"], []).append(place)
    above: list[tuple[int, float]] = []
    exact: list[tuple[int, float]] = []
    for one in told:
        for element in one["elements"]:
            if element["combination_element"] == "float_feature":
                above.append((element["float_feature_index"], float(element["border"])))
            elif element["combination_element"] == "cat_feature_exact_value":
                exact.append((element["cat_feature_index"], element["value"]))
    if numbers.missing and {place for place, _ in above} & set(high):
        raise _refusal(model, "has statistics of numbers whose missing values are above all borders")
    parts = [hashes]
    parts += [_ones(program, "above", numbers, above, "borders")] if above else []
    parts += [_ones(program, "equal", hashes, exact, "numbers")] if exact else []
    tables = [
        _table(kept["ctr_data"][name], [told[place] for place in group]) for name, group in groups.items()
    ]
    elements = [
        [_element(element, hashes.width, above, exact) for element in told[group[0]]["elements"]]
        for group in groups.values()
    ]
    arrays = {
        "elements": program.array("u32", [place for places in elements for place in places]),
        "lengths": program.array("u32", [len(places) for places in elements]),
        "keys": program.array("u32", [half for keys, _, _ in tables for key in keys for half in key]),
        "sizes": program.array("u32", [len(keys) for keys, _, _ in tables]),
        "numbers": program.array("f64", [number for _, rows, _ in tables for row in rows for number in row]),
        "others": program.array("f64", [number for _, _, other in tables for number in other]),
        "widths": program.array("u32", [len(group) for group in groups.values()]),
    }
    order = [place for group in groups.values() for place in group]
    joined = program.concat(parts)
    return order, program.add("joint_lookup", joined, width=len(order), missing=False, arrays=arrays)


def _element(
    element: dict[str, Any],
    width: int,
    above: Sequence[tuple[int, float]],
    exact: Sequence[tuple[int, float]],
) -> int:
    """Where an element of a joint hash stands."""
    kind = element["combination_element"]
    if kind == "cat_feature_value":
        return int(element["cat_feature_index"])
    if kind == "float_feature":
        return width + above.index((element["float_feature_index"], float(element["border"])))
    return width + len(above) + exact.index((element["cat_feature_index"], element["value"]))


def _table(
    kept: dict[str, Any], asked: Sequence[dict[str, Any]]
) -> tuple[list[tuple[int, int]], list[list[float]], list[float]]:
    """Keys, in halves, with the statistics of each, and those of what is no key."""
    stride, flat = kept["hash_stride"], kept["hash_map"]
    counts = {int(flat[at]): flat[at + 1 : at + stride] for at in range(0, len(flat), stride)}
    counts.pop(EMPTY, None)
    whole = kept["counter_denominator"]
    rows = [[_statistic(one, each, whole) for one in asked] for each in counts.values()]
    other = [_statistic(one, [0] * (stride - 1), whole) for one in asked]
    return [(key & 0xFFFFFFFF, key >> 32) for key in counts], rows, other


def _statistic(asked: dict[str, Any], counts: Sequence[float], whole: float) -> float:
    """What CatBoost's `TModelCtr::Calc` gives, in float32."""
    kind, border = asked["ctr_type"], asked["target_border_idx"]
    if kind == "Borders":
        good, total = sum(counts[border + 1 :]), sum(counts)
    elif kind == "Buckets":
        good, total = counts[border], sum(counts)
    elif kind in ("Counter", "FeatureFreq"):
        good, total = counts[0], whole
    else:
        good, total = counts[0], counts[1]
    above = single(single(good) + single(asked["prior_numerator"]))
    below = single(single(total) + single(asked["prior_denomerator"]))
    share = single(above / below) if below else 0.0
    return single(single(share + single(asked["shift"])) * single(asked["scale"]))


def _refusal(model: Any, reason: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"catboost.{type(model).__name__} {reason}",
        hint="train it without that, or leave the tier to emel",
    )
