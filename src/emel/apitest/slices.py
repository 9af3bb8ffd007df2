"""Where a candidate differs most from production: the slice of the sample rows that keeps fewest answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from typing import Any

from emel.apitest.client import read_answers
from emel.records import Shadow, Slice

SMALLEST = 5
"""Rows of a slice that counts; a share of fewer says nothing."""
MOST_VALUES = 20
"""A column with more values than this is cut into quarters if it is of numbers, else left out."""


def worst_slice(shadow: Shadow, answers: Path) -> Slice | None:
    """The slice with the lowest agreement, of equal ones the largest; None where none is below the whole."""
    if not shadow.flipped:
        return None
    recorded = read_answers(answers)
    rows = recorded.rows[: recorded.sample_rows]
    flipped = {item.row for item in shadow.flipped}
    slices = (
        Slice(column=column, condition=condition, rows=len(members), agreement=_agreement(members, flipped))
        for place, column in enumerate(recorded.columns)
        for condition, members in _slices([row[place] for row in rows])
        if SMALLEST <= len(members) < len(rows)
    )
    worst = min(slices, key=lambda one: (one.agreement, -one.rows), default=None)
    return worst if worst and worst.agreement < shadow.agreement else None


def _agreement(members: Sequence[int], flipped: set[int]) -> float:
    return 1 - sum(row in flipped for row in members) / len(members)


def _slices(values: Sequence[Any]) -> Iterator[tuple[str, list[int]]]:
    """Conditions on one column, and the rows that meet them."""
    missing = [row for row, value in enumerate(values) if value is None]
    yield "is missing", missing
    known = {value for value in values if value is not None}
    if len(known) <= MOST_VALUES:
        for value in sorted(known, key=str):
            yield f"= {_written(value)}", [row for row, one in enumerate(values) if one == value]
    elif all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        edges = [min(known), *quantiles([value for value in values if value is not None], n=4), max(known)]
        for number, (low, high) in enumerate(pairwise(edges)):
            members = [
                row
                for row, value in enumerate(values)
                if value is not None and (low < value <= high or (number == 0 and value == low))
            ]
            yield f"from {low:.4g} to {high:.4g}", members


def _written(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
