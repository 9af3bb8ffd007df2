"""Rows made from the model itself, where a lowered model would err first.

For trees: each threshold and one ulp to either side, in float64 and in float32, in the place of one value
of a real row. For all models: each column at the ends of its range, far beyond them, at zero and missing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from math import floor, inf, isnan, nan, nextafter
from typing import Any, TypeVar

from emel_runtime.pure import decode

LIMIT = 3000
FAR = 1e6
"""Times the range of a column: far outside of what the model has seen."""
LARGEST = 1e38
"""Beyond it a number may not fit into float32."""
INVERSES: dict[str, Callable[[float, float], float]] = {
    "subtract": lambda value, number: value + number,
    "add": lambda value, number: value - number,
    "multiply": lambda value, number: value / number,
    "divide": lambda value, number: value * number,
}

Row = list[float]
Split = tuple[int, float]
"""A column, and a value in it."""
Item = TypeVar("Item")


def boundary_rows(data: bytes, kinds: Sequence[str], sample: Sequence[Row], limit: int = LIMIT) -> list[Row]:
    """At most `limit` rows for the model in the bytes of a model.emel; the same for the same arguments.

    `kinds` are the types of the columns as in the signature: an integer column gets integers, a boolean one
    0 and 1. `sample` has at least one row of floats, NaN where a value is missing.
    """
    edges = [split for column, kind in enumerate(kinds) for split in _edges(column, kind, sample)]
    places = _spread(edges, limit // 2)
    places += _spread(_splits(data, kinds), limit - len(places))
    rows = []
    for number, (column, value) in enumerate(places):
        row = list(sample[number % len(sample)])
        row[column] = value
        rows.append(row)
    return rows


def _edges(column: int, kind: str, sample: Sequence[Row]) -> list[Split]:
    present = [row[column] for row in sample if not isnan(row[column])] or [0.0]
    low, high = min(present), max(present)
    values = [0.0, low, high]
    if kind == "boolean":
        values = [0.0, 1.0]
    else:
        reach = FAR * max(high - low, abs(high), 1.0)
        values += [-reach, reach] if kind == "float" else [float(floor(-reach)), float(floor(reach))]
    if len(present) < len(sample):
        values.append(nan)
    return [(column, value) for value in values]


def _splits(data: bytes, kinds: Sequence[str]) -> list[Split]:
    """Each threshold of the trees with its neighbours, carried back through the scalers to the input."""
    program, arrays = decode(data)
    makers = {operation["output"]: operation for operation in program["operations"]}
    found: set[Split] = set()
    for operation in program["operations"]:
        if operation["name"] != "forest":
            continue
        scalers = _scalers(operation["input"], makers, arrays)
        features = arrays[operation["arrays"]["features"]]
        thresholds = arrays[operation["arrays"]["thresholds"]]
        for column, threshold in set(zip(features, thresholds, strict=True)):
            if column < 0 or abs(threshold) > LARGEST:
                continue
            for near in _neighbours(threshold):
                found.update((column, value) for value in _typed(_back(near, column, scalers), kinds[column]))
    return sorted(found)


def _scalers(value: int, makers: dict[int, Any], arrays: Sequence[Any]) -> list[tuple[str, Any]]:
    """The operations between the input row and a value, the last first, each with its constants."""
    scalers = []
    while value:
        operation = makers[value]
        if operation["name"] in INVERSES:
            scalers.append((operation["name"], arrays[operation["arrays"]["constant"]]))
        value = operation["input"]
    return scalers


def _back(value: float, column: int, scalers: Sequence[tuple[str, Any]]) -> float:
    for name, constant in scalers:
        value = INVERSES[name](value, constant[column])
    return value


def _typed(value: float, kind: str) -> tuple[float, ...]:
    """The values of a column's own type beside a number; none where that is beyond float32."""
    if kind == "boolean":
        return (0.0, 1.0)
    if not abs(value) < LARGEST:
        return ()
    below = float(floor(value))
    return (value,) if kind == "float" else (below, below + 1.0)


def _neighbours(value: float) -> list[float]:
    """A number and one ulp to either side, in float64, and the same around the float32 nearest to it."""
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    # Read as integers, numbers of one sign follow each other; zero is where the two signs meet.
    around = (bits - 1, bits, bits + 1) if bits & 0x7FFFFFFF else (0x80000001, 0, 1)
    near32 = [struct.unpack("<f", struct.pack("<I", near))[0] for near in around]
    return [value, nextafter(value, -inf), nextafter(value, inf), *near32]


def _spread(items: Sequence[Item], count: int) -> list[Item]:
    """`count` of the items at equal distances, or all when there are no more."""
    if len(items) <= count:
        return list(items)
    return [items[place * len(items) // count] for place in range(count)]
