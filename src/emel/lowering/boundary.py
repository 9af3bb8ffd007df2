"""Rows made from the model itself, where a lowered model would err first.

What the readers noted: each threshold and one ulp to either side, in float64 and in float32, and each
category. And for each column: the ends of its range, far beyond them, and zero; for strings what the sample
has, the empty string, and one that nobody has seen; a missing value where there may be one. Each stands in
the place of one value of a real row.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import floor, inf, isnan, nan, nextafter
from typing import TypeVar

from emel.lowering.values import Column, Notes

LIMIT = 3000
FAR = 1e6
"""Times the range of a column: far outside of what the model has seen."""
LARGEST = 1e38
"""Beyond it a number may not fit into float32."""
GAP = 2.0**-17
"""Of a number, 64 times the distance of two that float32 holds."""
EXACT = 2.0**53
"""Beyond it not every integer is a float64."""
UNSEEN = "никогда не виденное ☃"

Cell = float | str | None
Row = list[Cell]
Place = tuple[int, Cell]
"""A column, and what to put there."""
Item = TypeVar("Item")


def neighbours(value: float) -> list[float]:
    """A number and one ulp to either side, in float64, and the same around the float32 nearest to it; none
    for a number that may not fit into float32."""
    if not abs(value) < LARGEST:
        return []
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    # Read as integers, numbers of one sign follow each other; zero is where the two signs meet.
    around = (bits - 1, bits, bits + 1) if bits & 0x7FFFFFFF else (0x80000001, 0, 1)
    near32 = [struct.unpack("<f", struct.pack("<I", near))[0] for near in around]
    return [value, nextafter(value, -inf), nextafter(value, inf), *near32]


def apart(value: float, magnitude: float) -> list[float]:
    """Two numbers, one to either side, that float32 can tell from it, even after another number of this
    magnitude was added and taken away."""
    if not abs(value) < LARGEST:
        return []
    gap = max(abs(value), magnitude) * GAP
    return [value - gap, value + gap]


def boundary_rows(
    notes: Notes,
    columns: Sequence[Column],
    sample: Sequence[Sequence[Cell]],
    limit: int = LIMIT,
    *,
    coarse: bool = False,
) -> list[Row]:
    """At most `limit` rows; the same for the same arguments. For what computes in float32 alone they are
    `coarse`: beside a threshold is then as far as float32 can tell.

    An integer column gets integers, a boolean one 0 and 1. `sample` has at least one row of floats, NaN where
    a value is missing, and of strings, None where one is missing.
    """
    edges = [
        (number, value)
        for number, column in enumerate(columns)
        for value in _edges(column, [row[number] for row in sample])
    ]
    places = _spread(edges, limit // 2)
    categories = [
        (number, value)
        for number, category in sorted(notes.exact, key=str)
        for value in _typed(category, columns[number].type)
    ]
    places += _spread(sorted(set(categories) - set(edges), key=str), limit // 4)
    splits = _splits(notes, columns, sample) if coarse else _splits(notes, columns)
    places += _spread(splits, limit - len(places))
    rows = []
    for number, (place, value) in enumerate(places):
        row = list(sample[number % len(sample)])
        row[place] = value
        rows.append(row)
    return rows


def _edges(column: Column, given: Sequence[Cell]) -> list[Cell]:
    values: list[Cell]
    if column.type == "string":
        values = [*column.categories, "", UNSEEN]
    elif column.type == "boolean":
        values = [0.0, 1.0]
    else:
        present = [value for value in given if isinstance(value, float) and not isnan(value)] or [0.0]
        low, high = min(present), max(present)
        reach = FAR * max(high - low, abs(high), 1.0)
        if column.type == "integer":
            reach = min(float(floor(reach)), EXACT)
        values = [0.0, low, high, -reach, reach]
    if column.missing:
        values.append(None if column.type == "string" else nan)
    return values


def _splits(
    notes: Notes, columns: Sequence[Column], coarsely: Sequence[Sequence[Cell]] | None = None
) -> list[Place]:
    """Each threshold with its neighbours, or with two that are apart from it as the rows `coarsely` say."""
    found: set[Place] = set()
    magnitudes = [_magnitude(cells) for cells in zip(*coarsely or (), strict=True)]
    for number, threshold in notes.thresholds:
        around = apart(threshold, magnitudes[number]) if magnitudes else neighbours(threshold)
        found.update((number, one) for near in around for one in _typed(near, columns[number].type))
    return sorted(found, key=str)


def _magnitude(cells: Sequence[Cell]) -> float:
    return max((abs(cell) for cell in cells if isinstance(cell, float) and not isnan(cell)), default=1.0)


def _typed(value: float | str, kind: str) -> tuple[float | str, ...]:
    """The values of a column's own type beside a number; none where that is beyond float32."""
    if isinstance(value, str) or kind == "string":
        return (value,) if isinstance(value, str) and kind == "string" else ()
    if kind == "boolean":
        return (0.0, 1.0)
    if not abs(value) < (LARGEST if kind == "float" else EXACT):
        return ()
    below = float(floor(value))
    return (value,) if kind == "float" or below == value else (below, below + 1.0)


def _spread(items: Sequence[Item], count: int) -> list[Item]:
    """`count` of the items at equal distances, or all when there are no more."""
    if len(items) <= count:
        return list(items)
    return [items[place * len(items) // count] for place in range(count)]
