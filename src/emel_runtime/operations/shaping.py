"""Numbers become others, position by position or all of them by one norm, and features of several of them."""

from __future__ import annotations

from bisect import bisect_right
from math import cos, exp, expm1, inf, log, log1p, log2, log10, nan, sin, sqrt, tan, tanh

from emel_runtime.operations import Unfit, require_finite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from emel_runtime.operations import Step, Vector

    Sparse = dict[int, float]
    Function = Callable[[float], float]

FUNCTIONS: dict[str, Function] = {
    "log": log,
    "log1p": log1p,
    "log2": log2,
    "log10": log10,
    "exp": exp,
    "expm1": expm1,
    "sqrt": sqrt,
    "square": lambda value: value * value,
    "absolute": abs,
    "negative": lambda value: -value,
    "sin": sin,
    "cos": cos,
    "tan": tan,
    "tanh": tanh,
}
POLES = {"log": 0.0, "log1p": -1.0, "log2": 0.0, "log10": 0.0}
"""Where a function is -∞."""
NORMS: dict[str, Callable[[list[float]], float]] = {
    "l1": lambda sizes: sum(sizes),
    "l2": lambda sizes: sqrt(sum([size * size for size in sizes])),
    "max": lambda sizes: max(sizes, default=0.0),
}


def function(called: str) -> Step:
    """A function of each number, NaN where it has no value, and infinite where NumPy says so."""
    apply, pole = FUNCTIONS[called], POLES.get(called)

    def careful(value: float) -> float:
        try:
            return apply(value)
        except ValueError:
            return -inf if value == pole else nan
        except OverflowError:
            return inf

    return lambda row: [careful(value) for value in row]


def exceeds(threshold: float) -> Step:
    """1 where a number is above the threshold, else 0."""

    def step(row: Vector) -> Vector:
        require_finite(row)
        return [1.0 if value > threshold else 0.0 for value in row]

    return step


def unit(norm: str) -> Step:
    """All divided by their norm, unless that is 0."""
    measure = NORMS[norm]

    def step(row: Vector) -> Vector:
        require_finite(row)
        length = measure([abs(value) for value in row]) or 1.0
        return [value / length for value in row]

    return step


def sparse_unit(norm: str) -> Step:
    """The same of a sparse value."""
    measure = NORMS[norm]

    def step(row: Sparse) -> Sparse:
        length = measure([abs(value) for value in row.values()]) or 1.0
        return {position: value / length for position, value in row.items()}

    return step


def sparse_sublinear() -> Step:
    """1 + log x of those that are present."""

    def step(row: Sparse) -> Sparse:
        if min(row.values(), default=1.0) <= 0.0:
            raise Unfit("a count is not above 0")
        return {position: log(value) + 1.0 for position, value in row.items()}

    return step


def products(factors: memoryview, lengths: memoryview) -> Step:
    """For each length, the product of as many positions, the next of `factors`; 1 of none."""
    places, start = factors.tolist(), 0
    groups = []
    for length in lengths.tolist():
        groups.append(places[start : start + length])
        start += length

    def step(row: Vector) -> Vector:
        require_finite(row)
        made = []
        for group in groups:
            product = 1.0
            for place in group:
                product *= row[place]
            made.append(product)
        return made

    return step


def yeo_johnson(lambdas: memoryview) -> Step:
    """The power transform by Yeo and Johnson, with a power for each position; NaN stays."""
    powers = lambdas.tolist()
    return lambda row: [
        _power(log1p(value), power) if value >= 0.0 else -_power(log1p(-value), 2.0 - power)
        for value, power in zip(row, powers)  # noqa: B905
    ]


def box_cox(lambdas: memoryview) -> Step:
    """The power transform by Box and Cox; a number that is not above 0 is refused, NaN stays."""
    powers = lambdas.tolist()

    def step(row: Vector) -> Vector:
        if min([value for value in row if value == value], default=1.0) <= 0.0:
            raise Unfit("the model takes numbers above 0 alone")
        return [_power(log(value), power) for value, power in zip(row, powers)]  # noqa: B905

    return step


def _power(logarithm: float, power: float) -> float:
    """`(x ** power - 1) / power`, from the logarithm of x."""
    # SciPy takes the logarithm itself for what is 0 but for rounding.
    return expm1(power * logarithm) / power if abs(power) > 2.3e-16 else logarithm


def quantiles(landmarks: memoryview, shares: memoryview, margin: float) -> Step:
    """How large a share of what the model has seen lies below each number.

    `landmarks` holds as many ascending numbers for each position as there are `shares`, which are those of
    them. Between two, the line through both is taken; of several that are equal, the mean of the highest and
    the lowest share. Within `margin` of the ends it is 0 and 1. NaN stays.
    """
    heights: Vector = shares.tolist()
    numbers: Vector = landmarks.tolist()
    count = len(heights)
    depths = [-height for height in reversed(heights)]
    tables = []
    for start in range(0, len(numbers), count):
        known = numbers[start : start + count]
        tables.append((known, [-number for number in reversed(known)]))

    def share(value: float, known: Vector, mirrored: Vector) -> float:
        if value == known[0] or value - margin < known[0]:
            return 0.0
        if value == known[-1] or value + margin > known[-1]:
            return 1.0
        return 0.5 * (_interpolated(value, known, heights) - _interpolated(-value, mirrored, depths))

    return lambda row: [
        share(value, *table) if value == value else value
        for value, table in zip(row, tables)  # noqa: B905
    ]


def _interpolated(value: float, known: Vector, heights: Vector) -> float:
    place = bisect_right(known, value) - 1
    if place < 0:
        return heights[0]
    if place >= len(known) - 1 or known[place] == value:
        return heights[place]
    slope = (heights[place + 1] - heights[place]) / (known[place + 1] - known[place])
    return slope * (value - known[place]) + heights[place]


def normal_quantile(low: float, high: float) -> Step:
    """The number below which the standard normal distribution has each share, kept between low and high."""
    # All other of the module `statistics` would cost more than most functions take to start.
    from _statistics import _normal_dist_inv_cdf  # type: ignore[import-not-found]

    inverse: Callable[[float, float, float], float] = _normal_dist_inv_cdf

    def number(share: float) -> float:
        if not 0.0 < share < 1.0:
            return low if share <= 0.0 else high if share >= 1.0 else share
        return min(max(inverse(share, 0.0, 1.0), low), high)

    return lambda row: [number(share) for share in row]
