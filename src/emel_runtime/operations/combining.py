"""What estimators do that combine the answers of others."""

from __future__ import annotations

from math import exp, fsum, log, log1p

TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.operations import Step, Vector


def power_of_two() -> Step:
    return lambda row: [2.0**value for value in row]


def signed_square() -> Step:
    return lambda row: [value * abs(value) for value in row]


def softplus() -> Step:
    """log(1 + exp(x)); an exponential that is too large refuses the row."""
    return lambda row: [log1p(exp(value)) for value in row]


def log_odds() -> Step:
    """From probabilities to scores, whose logistic function they are."""
    return lambda row: [log(share / (1.0 - share)) for share in row]


def logarithm() -> Step:
    """The natural logarithm; the elements are positive."""
    return lambda row: list(map(log, row))


def centered_logarithms() -> Step:
    """From probabilities to scores, whose softmax they are and whose sum is zero."""

    def step(row: Vector) -> Vector:
        mean = exp(fsum([log(share) for share in row]) / len(row))
        return [log(share / mean) for share in row]

    return step


def hide(low: float, high: float) -> Step:
    """Makes the elements from low to high missing."""
    return lambda row: [float("nan") if low <= value <= high else value for value in row]


def tally(weights: memoryview, others: memoryview, width: int) -> Step:
    """Votes: an input is an index; its weight goes to that position, its second one to all others."""
    shares = list(zip(weights.tolist(), others.tolist()))  # noqa: B905

    def step(*rows: Vector) -> Vector:
        totals = [0.0] * width
        for (index,), (own, other) in zip(rows, shares):  # noqa: B905
            for place in range(width):
                totals[place] += own if place == index else other
        return totals

    return step


def lookup(numbers: memoryview) -> Step:
    """The number at the index that is the input's only element."""
    values = numbers.tolist()
    return lambda row: (values[int(row[0])],)


def scatter(positions: memoryview, width: int) -> Step:
    """Zeros, with the elements at these positions."""
    places = positions.tolist()

    def step(row: Vector) -> Vector:
        values = [0.0] * width
        for place, value in zip(places, row):  # noqa: B905
            values[place] = value
        return values

    return step


def at_least(threshold: float) -> Step:
    """The index 1 where the only element is at least the threshold, else 0."""
    return lambda row: (1 if row[0] >= threshold else 0,)


def closest(points: memoryview, width: int) -> Step:
    """The index of the nearest point, of equal ones the first."""
    flat = points.tolist()
    rows = [flat[start : start + width] for start in range(0, len(flat), width)]

    def step(row: Vector) -> Vector:
        squares = [sum([(value - mark) ** 2 for value, mark in zip(row, point)]) for point in rows]  # noqa: B905
        return (squares.index(min(squares)),)

    return step
