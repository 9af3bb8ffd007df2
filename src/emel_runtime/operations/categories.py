"""Categories, strings or numbers, become the numbers that encoders gave them."""

from __future__ import annotations

from bisect import bisect_right

from emel_runtime.operations import Unfit, require_finite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from emel_runtime.operations import Step, Vector

    Sparse = dict[int, float]

SHOWN = 40
"""Characters of an unknown category that a message repeats."""


def categorize(
    kinds: memoryview,
    counts: memoryview,
    texts: list[str],
    numbers: memoryview,
    codes: memoryview,
    gaps: memoryview,
    gap_codes: memoryview,
    unknown: memoryview,
    refuse: bool,
) -> Step:
    """One code for each position, by its category.

    Position i has `counts[i]` categories: strings, the next of `texts`, where `kinds[i]` is 1, else the next
    of `numbers`; `codes` are theirs, position after position. A missing value is a category with the code
    `gap_codes[i]` where `gaps[i]` is 1. All else gets `unknown[i]`, or refuses the row.
    """
    words, values, results = iter(texts), iter(numbers.tolist()), iter(codes.tolist())
    tables: list[tuple[dict[Any, float], float]] = []
    for kind, count, gap, gap_code, other in zip(  # noqa: B905
        kinds.tolist(), counts.tolist(), gaps.tolist(), gap_codes.tolist(), unknown.tolist()
    ):
        keys = words if kind else values
        table: dict[Any, float] = {next(keys): next(results) for _ in range(count)}
        if gap:
            table[None] = gap_code
        tables.append((table, other))

    def step(row: Sequence[Any]) -> Vector:
        made = []
        for value, (table, other) in zip(row, tables):  # noqa: B905
            key = value if value == value else None
            code = table.get(key)
            if code is None:
                if refuse:
                    raise Unfit(_unknown(key))
                code = other
            made.append(code)
        return made

    return step


def _unknown(value: object) -> str:
    if value is None:
        return "a value is missing that the model cannot do without"
    shown = repr(value)
    return f"{shown if len(shown) <= SHOWN else shown[:SHOWN] + '…'} is no category that the model knows"


def one_hot(widths: memoryview) -> Step:
    """For each position as many elements as its width, all 0 but for a 1 at the place that it names; a code
    below 0 names none."""
    starts, width = _starts(widths)

    def step(row: Vector) -> Vector:
        made = [0.0] * width
        for start, code in zip(starts, row):  # noqa: B905
            if code >= 0.0:
                made[start + int(code)] = 1.0
        return made

    return step


def sparse_one_hot(widths: memoryview) -> Step:
    """The same as a sparse value."""
    starts, _ = _starts(widths)
    return lambda row: {
        start + int(code): 1.0
        for start, code in zip(starts, row)  # noqa: B905
        if code >= 0.0
    }


def _starts(widths: memoryview) -> tuple[list[int], int]:
    starts, width = [], 0
    for count in widths.tolist():
        starts.append(width)
        width += count
    return starts, width


def bins(edges: memoryview, counts: memoryview) -> Step:
    """For each position the number of its edges, `counts[i]` of them in ascending order, that are not above
    it."""
    given = edges.tolist()
    starts, _ = _starts(counts)
    tables = [given[start : start + count] for start, count in zip(starts, counts.tolist())]  # noqa: B905

    def step(row: Vector) -> Vector:
        require_finite(row)
        return [float(bisect_right(table, value)) for table, value in zip(tables, row)]  # noqa: B905

    return step
