"""Where a candidate differs most from production: of each column the slice of the rows that is worst."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import fmean, quantiles
from typing import Any

from emel.records import Answers, Slice

SMALLEST = 10
"""Rows of a slice that counts; a share of fewer says little."""
FEWEST_FLIPPED = 2
"""Rows with another label in it; one alone is in some slice of every column."""
MOST_VALUES = 20
"""Numbers with more values than this are cut into quarters."""


def worst_slices(
    recorded: Answers, differences: Sequence[float], flipped: frozenset[int]
) -> tuple[Slice, ...]:
    """Of each column its worst slice, if it is worse than all sample rows together; the worst first.

    `differences` has one for each sample row; `flipped` are the rows with another answer.
    """
    rows = recorded.rows[: recorded.sample_rows]
    whole = _slice("", "", range(len(rows)), differences, flipped)

    def badness(one: Slice) -> tuple[float, ...]:
        # Numbers of a model that was trained anew agree nowhere, and say more by how far they are apart.
        if recorded.labels is None:
            return (one.mean_abs_diff, one.rows)
        return (-one.agreement, one.mean_abs_diff, one.rows)

    found = []
    for place, column in enumerate(recorded.columns):
        slices = [
            _slice(column, condition, members, differences, flipped)
            for condition, members in _conditions([row[place] for row in rows])
            if SMALLEST <= len(members) < len(rows)
            and (recorded.labels is None or sum(row in flipped for row in members) >= FEWEST_FLIPPED)
        ]
        worst = max(slices, key=badness, default=None)
        if worst and badness(worst)[0] > badness(whole)[0]:
            found.append(worst)
    return tuple(sorted(found, key=badness, reverse=True))


def _slice(
    column: str,
    condition: str,
    members: Sequence[int],
    differences: Sequence[float],
    flipped: frozenset[int],
) -> Slice:
    return Slice(
        column=column,
        condition=condition,
        rows=len(members),
        agreement=1 - sum(row in flipped for row in members) / len(members),
        mean_abs_diff=fmean(abs(differences[row]) for row in members),
    )


def _conditions(values: Sequence[Any]) -> Iterator[tuple[str, list[int]]]:
    """Conditions on one column, and the rows that meet them."""
    yield "is missing", [row for row, value in enumerate(values) if value is None]
    counts = Counter(value for value in values if value is not None)
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for value in counts)
    if numeric and len(counts) > MOST_VALUES:
        yield from _quarters(values)
        return
    for value in sorted(counts, key=str):
        if counts[value] >= SMALLEST:
            yield f"= {_written(value)}", [row for row, one in enumerate(values) if one == value]


def _quarters(values: Sequence[Any]) -> Iterator[tuple[str, list[int]]]:
    known = [value for value in values if value is not None]
    edges = [min(known), *quantiles(known, n=4), max(known)]
    for number, (low, high) in enumerate(pairwise(edges)):
        members = [
            row
            for row, value in enumerate(values)
            if value is not None and (low < value <= high or (number == 0 and value == low))
        ]
        yield f"from {low:.4g} to {high:.4g}", members


def _written(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
