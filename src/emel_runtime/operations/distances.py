"""Distances to points, and sums of squares."""

from __future__ import annotations

from math import dist, sqrt

from emel_runtime.operations import require_finite, sumprod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.operations import Step, Vector


def square_distances(points: memoryview, count: int, variances: memoryview | None = None) -> Step:
    """For each of `count` points the sum of the squared differences, divided by its variances if given."""
    centers = _rows(points, count)
    scales = None if variances is None else _rows(variances, count)

    def step(row: Vector) -> Vector:
        require_finite(row)
        if scales is None:
            return [dist(row, center) ** 2 for center in centers]
        return [_scaled(row, center, variance) for center, variance in zip(centers, scales)]  # noqa: B905

    return step


def manhattan_distances(points: memoryview, count: int) -> Step:
    """For each of `count` points the sum of the differences without their signs."""
    centers = _rows(points, count)

    def step(row: Vector) -> Vector:
        require_finite(row)
        return [
            sum([abs(value - middle) for value, middle in zip(row, center)])  # noqa: B905
            for center in centers
        ]

    return step


def square_sums(counts: memoryview) -> Step:
    """The sum of the squares of so many elements, and then of the next so many."""
    ends = []
    total = 0
    for count in counts.tolist():
        ends.append((total, total + count))
        total += count

    def step(row: Vector) -> Vector:
        parts = [row[start:end] for start, end in ends]
        return [sumprod(part, part) for part in parts]

    return step


def inner_product() -> Step:
    """The sum of the products of two inputs' elements."""

    def step(one: Vector, other: Vector) -> Vector:
        product = sumprod(one, other)
        require_finite((product,))
        return (product,)

    return step


def square_root() -> Step:
    return lambda row: list(map(sqrt, row))


def _rows(numbers: memoryview, count: int) -> list[Vector]:
    flat, width = numbers.tolist(), len(numbers) // count
    return [flat[start : start + width] for start in range(0, len(flat), width)]


def _scaled(row: Vector, center: Vector, variances: Vector) -> float:
    # Python 3.12's `sum` compensates rounding, NumPy's does not: far from all points that decides.
    total = 0.0
    for value, middle, variance in zip(row, center, variances):  # noqa: B905
        difference = value - middle
        total += difference * difference / variance
    return total
