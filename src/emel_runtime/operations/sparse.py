"""Sparse values, as text makes them: a dict of position and number in ascending order of the positions.

What is not in the dict is zero. The rest of a large vocabulary is never touched, and neither are the
coefficients that belong to it: they stay in the file.
"""

from __future__ import annotations

from emel_runtime.operations import require_finite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.operations import Step, Vector

    Sparse = dict[int, float]


def dense(width: int, gaps: bool = False) -> Step:
    """The same as a vector; with `gaps`, what is absent is NaN."""
    absent = float("nan") if gaps else 0.0

    def step(row: Sparse) -> Vector:
        values = [absent] * width
        for position, value in row.items():
            values[position] = value
        return values

    return step


def to_sparse(positions: memoryview) -> Step:
    """The elements that are not 0, each at its position of these, which ascend."""
    places = positions.tolist()
    return lambda row: {place: value for place, value in zip(places, row) if value != 0.0}  # noqa: B905


def sparse_select(positions: memoryview) -> Step:
    """The elements at these positions, in this order."""
    picked = positions.tolist()
    return lambda row: {place: row[position] for place, position in enumerate(picked) if position in row}


def sparse_concat(widths: memoryview) -> Step:
    """All elements of all inputs, which may be vectors; `widths` are their lengths."""
    lengths = widths.tolist()

    def step(*rows: Sparse | Vector) -> Sparse:
        joined: Sparse = {}
        start = 0
        for row, length in zip(rows, lengths):  # noqa: B905
            items = row.items() if isinstance(row, dict) else enumerate(row)
            joined.update([(start + position, value) for position, value in items])
            start += length
        return joined

    return step


def sparse_multiply(constant: memoryview) -> Step:
    return lambda row: {position: value * constant[position] for position, value in row.items()}


def sparse_divide(constant: memoryview) -> Step:
    return lambda row: {position: value / constant[position] for position, value in row.items()}


def sparse_linear(coefficients: memoryview, intercepts: memoryview) -> Step:
    """One score per intercept, as `linear` gives them."""
    width = len(coefficients) // len(intercepts)
    planes = [(place * width, intercept) for place, intercept in enumerate(intercepts.tolist())]

    def step(row: Sparse) -> Vector:
        scores = [
            sum([value * coefficients[start + position] for position, value in row.items()]) + intercept
            for start, intercept in planes
        ]
        require_finite(scores)
        return scores

    return step
