"""The nearest of many points, found as scikit-learn finds them, so that ties fall alike."""

from __future__ import annotations

from math import dist, sqrt

from emel_runtime.operations import Unfit, require_finite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from emel_runtime.operations import Step, Vector

    Distance = Callable[[Vector, Vector, float], float]
    """Of two points, before the root is taken; infinite where it is not below the limit."""
    Reach = Callable[[Vector, int], float]
    """The least distance of a row to a cell, before the root is taken."""

INFINITE = float("inf")
SLACK = 1.0 + 1e-12


def nearest(
    points: memoryview,
    starts: memoryview,
    ends: memoryview,
    count: int,
    power: float | None,
    lows: memoryview | None = None,
    highs: memoryview | None = None,
    centers: memoryview | None = None,
    radii: memoryview | None = None,
) -> Step:
    """The numbers of the nearest points, nearest first, and then their distances.

    `power` is that of Minkowski's distance, None for the largest difference. Points lie in cells, which are a
    complete binary tree: the children of cell i are 2 i + 1 and 2 i + 2, and it holds the points from
    `starts[i]` to before `ends[i]`. A cell is a box with the corners `lows` and `highs`, or a ball with its
    center and radius; without these there is one cell. Errors: OverflowError for an infinite number or NaN.
    """
    begins, stops = starts.tolist(), ends.tolist()
    cells, rows = len(begins), _rows(points, stops[0])
    distance = _distance_of(power)
    if lows is not None and highs is not None:
        reach = _to_boxes(_rows(lows, cells), _rows(highs, cells), distance)
    elif centers is not None and radii is not None:
        reach = _to_balls(_rows(centers, cells), radii.tolist(), distance, power)
    else:
        reach = _to_all

    def search(cell: int, least: float, row: Vector, near: list[float], found: list[int]) -> None:
        if least > near[0]:
            return
        child = 2 * cell + 1
        if child >= cells:
            for number in range(begins[cell], stops[cell]):
                far = distance(row, rows[number], near[0])
                if far < near[0]:
                    _push(near, found, far, number)
            return
        nearer = (child, reach(row, child)), (child + 1, reach(row, child + 1))
        for each, bound in nearer if nearer[0][1] <= nearer[1][1] else nearer[::-1]:
            search(each, bound, row, near, found)

    def step(row: Vector) -> Vector:
        require_finite(row)
        near, found = [INFINITE] * count, [0] * count
        # `dist` takes tuples in half the time of lists.
        search(0, 0.0, tuple(row), near, found)
        order = sorted(range(count), key=near.__getitem__)
        return [*[found[place] for place in order], *[_rooted(near[place], power) for place in order]]

    return step


def neighbor_shares(classes: memoryview, labels: int, count: int, weighted: bool) -> Step:
    """The share of each class among the nearest; `classes` are those of the points."""

    def step(row: Vector) -> Vector:
        shares = [0.0] * labels
        weights = _weights(row[count:]) if weighted else [1.0] * count
        for number, weight in zip(row[:count], weights):  # noqa: B905
            shares[classes[int(number)]] += weight
        total = sum(shares)
        return [share / total for share in shares]

    return step


def neighbor_means(targets: memoryview, outputs: int, count: int, weighted: bool) -> Step:
    """The means of the nearest points' targets."""

    def step(row: Vector) -> Vector:
        weights = _weights(row[count:]) if weighted else [1.0] * count
        total = sum(weights)
        starts = [int(number) * outputs for number in row[:count]]
        return [
            sum([targets[start + place] * weight for start, weight in zip(starts, weights)]) / total  # noqa: B905
            for place in range(outputs)
        ]

    return step


def radius_means(
    points: memoryview,
    targets: memoryview,
    outputs: int,
    radius: float,
    power: float | None,
    weighted: bool,
    outlier: memoryview | None = None,
) -> Step:
    """The means of the targets of all points within the radius; without any the row has the targets of an
    `outlier`, or is refused."""
    rows = _rows(points, len(targets) // outputs)
    distance = _distance_of(power)
    limit = radius if power is None else radius**power

    def step(row: Vector) -> Vector:
        require_finite(row)
        point = tuple(row)
        far = [distance(point, other, INFINITE) for other in rows]
        near = [number for number, reach in enumerate(far) if reach <= limit]
        if not near:
            if outlier is None:
                raise Unfit("no point that the model knows is within its radius")
            return outlier.tolist()
        weights = [1.0] * len(near)
        if weighted:
            weights = list(_weights([_rooted(far[number], power) for number in near]))
        total = sum(weights)
        return [
            sum([targets[number * outputs + place] * weight for number, weight in zip(near, weights)]) / total  # noqa: B905
            for place in range(outputs)
        ]

    return step


def _rows(numbers: memoryview, count: int) -> list[Vector]:
    flat, width = numbers.tolist(), len(numbers) // count
    return [tuple(flat[start : start + width]) for start in range(0, len(flat), width)]


# A running total is kept by hand below, as Python 3.12's `sum` would compensate rounding, and then other
# points are equally far. A distance that exceeds the limit is not computed to its end.


def _distance_of(power: float | None) -> Distance:
    exponent = power or 1.0

    def squares(row: Vector, point: Vector, limit: float) -> float:
        # It is right to some last bits, and ten times as fast.
        if dist(row, point) ** 2 > limit * SLACK:
            return INFINITE
        total = 0.0
        for value, other in zip(row, point):  # noqa: B905
            difference = value - other
            total += difference * difference
            if total >= limit:
                return INFINITE
        return total

    def differences(row: Vector, point: Vector, limit: float) -> float:
        total = 0.0
        for value, other in zip(row, point):  # noqa: B905
            total += abs(value - other)
            if total >= limit:
                return INFINITE
        return total

    def powers(row: Vector, point: Vector, limit: float) -> float:
        total = 0.0
        for value, other in zip(row, point):  # noqa: B905
            total += abs(value - other) ** exponent
            if total >= limit:
                return INFINITE
        return total

    def largest(row: Vector, point: Vector, _limit: float) -> float:
        return max([abs(value - other) for value, other in zip(row, point)])  # noqa: B905

    known: dict[Any, Distance] = {None: largest, 1.0: differences, 2.0: squares}
    return known.get(power, powers)


def _to_all(_row: Vector, _cell: int) -> float:
    return 0.0


def _to_boxes(lows: list[Vector], highs: list[Vector], distance: Distance) -> Reach:
    """The distance to the nearest point of a box."""

    def reach(row: Vector, cell: int) -> float:
        corners = zip(row, lows[cell], highs[cell])  # noqa: B905
        return distance(row, [min(max(value, low), high) for value, low, high in corners], INFINITE)

    return reach


def _to_balls(centers: list[Vector], radii: Vector, distance: Distance, power: float | None) -> Reach:
    """The distance to the nearest point of a ball."""
    exponent = power or 1.0

    def reach(row: Vector, cell: int) -> float:
        far = _rooted(distance(row, centers[cell], INFINITE), power) - radii[cell]
        return float(max(0.0, far) ** exponent)

    return reach


def _rooted(far: float, power: float | None) -> float:
    if power is None or power == 1.0:
        return far
    return sqrt(far) if power == 2.0 else float(far ** (1.0 / power))


def _push(near: list[float], found: list[int], far: float, number: int) -> None:
    """Put a point in the place of the farthest, and mend the heap. Which of equal ones is dropped later
    depends on its shape, so that it has to be scikit-learn's (utils/_heap.pyx)."""
    size, place = len(near), 0
    while True:
        child = 2 * place + 1
        if child >= size:
            break
        if child + 1 < size and near[child] < near[child + 1]:
            child += 1
        if not far < near[child]:
            break
        near[place], found[place] = near[child], found[child]
        place = child
    near[place], found[place] = far, number


def _weights(distances: Vector) -> Vector:
    """The inverse distances; where one is zero, only such points count."""
    inverse = [1.0 / far if far else INFINITE for far in distances]
    if INFINITE in inverse:
        return [1.0 if weight == INFINITE else 0.0 for weight in inverse]
    return inverse
