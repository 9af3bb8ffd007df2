"""Bases of B-splines."""

from __future__ import annotations

from bisect import bisect_right

from emel_runtime.operations import Unfit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from emel_runtime.operations import Step, Vector

    Ends = Callable[[float], float]


def splines(
    knots: memoryview,
    degree: int,
    inputs: int,
    beyond: str,
    gaps: bool,
    ends: memoryview | None = None,
    lows: memoryview | None = None,
    low_slopes: memoryview | None = None,
    highs: memoryview | None = None,
    high_slopes: memoryview | None = None,
) -> Step:
    """For each of the `inputs` positions, the value of each spline of its basis.

    `knots` holds as many for each position. The splines are meant for numbers between the knots `degree`
    from either end; what happens beyond these two is one of: `refuse`, `continue` (with the outermost
    polynomials), `repeat` (with the period of the basis), `lines` (beyond the two `ends` of each position,
    from `lows` with `low_slopes`, and from `highs` with `high_slopes`, a value and a slope for each spline).
    A missing value makes zeros if there may be `gaps`, else it refuses the row.
    """
    count = len(knots) // inputs
    known: Vector = knots.tolist()
    tables = [known[start : start + count] for start in range(0, len(known), count)]
    width = count - 1 - degree - (degree if beyond == "repeat" else 0)
    borders = [(table[degree], table[-degree - 1]) for table in tables]
    lines = None
    if ends is not None:
        borders = list(zip(ends.tolist()[::2], ends.tolist()[1::2]))  # noqa: B905
    if lows is not None and low_slopes is not None and highs is not None and high_slopes is not None:
        lines = (_pairs(lows, low_slopes, width), _pairs(highs, high_slopes, width))

    def basis(place: int, value: float) -> Vector:
        table = tables[place]
        first, last = borders[place]
        if value != value:
            if not gaps:
                raise Unfit("a value is missing that the model cannot do without")
            return [0.0] * width
        if beyond == "repeat":
            value = first + (value - first) % (last - first)
        elif not first <= value <= last:
            if beyond == "refuse":
                raise Unfit("a number lies beyond those that the model has seen")
            if lines is not None:
                end, pairs = (first, lines[0][place]) if value < first else (last, lines[1][place])
                return [height + (value - end) * slope for height, slope in pairs]
        return _inside(table, degree, width, value)

    return lambda row: [number for place, value in enumerate(row) for number in basis(place, value)]


def _pairs(heights: memoryview, slopes: memoryview, width: int) -> list[list[tuple[float, float]]]:
    pairs: list[tuple[float, float]] = list(zip(heights.tolist(), slopes.tolist()))  # noqa: B905
    return [pairs[start : start + width] for start in range(0, len(pairs), width)]


def _inside(table: Vector, degree: int, width: int, value: float) -> Vector:
    """By the recursion of Cox and de Boor, in the order of SciPy's."""
    place = min(max(bisect_right(table, value) - 1, degree), len(table) - degree - 2)
    heights = [1.0] + [0.0] * degree
    for order in range(1, degree + 1):
        lower = heights[:order]
        heights[0] = 0.0
        for step in range(1, order + 1):
            above, below = table[place + step], table[place + step - order]
            if above == below:
                heights[step] = 0.0
                continue
            weight = lower[step - 1] / (above - below)
            heights[step - 1] += weight * (above - value)
            heights[step] = weight * (value - below)
    made = [0.0] * width
    for step, height in enumerate(heights):
        # The splines at the end of a period are those at its beginning.
        made[(place - degree + step) % width] += height
    return made
