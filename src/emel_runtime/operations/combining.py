"""What estimators do that combine the answers of others."""

from __future__ import annotations

from math import exp, fsum, log, log1p, nan, pow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.operations import Step, Vector


EPSILON = 2.0**-52


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


def centered_logarithms() -> Step:
    """From probabilities to scores, whose softmax they are and whose sum is zero."""

    def step(row: Vector) -> Vector:
        mean = exp(fsum([log(share) for share in row]) / len(row))
        return [log(share / mean) for share in row]

    return step


def hide(low: float, high: float) -> Step:
    """Makes the elements from low to high missing."""
    return lambda row: [nan if low <= value <= high else value for value in row]


def tally(weights: memoryview, others: memoryview, outputs: int) -> Step:
    """Votes: an input is an index; its weight goes to that position, its second one to all others."""
    shares = list(zip(weights.tolist(), others.tolist()))  # noqa: B905

    def step(*rows: Vector) -> Vector:
        totals = [0.0] * outputs
        for (index,), (own, other) in zip(rows, shares):  # noqa: B905
            for place in range(outputs):
                totals[place] += own if place == index else other
        return totals

    return step


def lookup(numbers: memoryview) -> Step:
    """The number at the index that is the input's only element."""
    values = numbers.tolist()
    return lambda row: (values[int(row[0])],)


def scatter(positions: memoryview, outputs: int) -> Step:
    """Zeros, with the elements at these positions."""
    places = positions.tolist()

    def step(row: Vector) -> Vector:
        values = [0.0] * outputs
        for place, value in zip(places, row):  # noqa: B905
            values[place] = value
        return values

    return step


def at_least(threshold: float) -> Step:
    """The index 1 where the only element is at least the threshold, else 0."""
    return lambda row: (1 if row[0] >= threshold else 0,)


def closest(points: memoryview, inputs: int) -> Step:
    """The index of the nearest point, of equal ones the first."""
    flat = points.tolist()
    rows = [flat[start : start + inputs] for start in range(0, len(flat), inputs)]

    def step(row: Vector) -> Vector:
        squares = [sum([(value - mark) ** 2 for value, mark in zip(row, point)]) for point in rows]  # noqa: B905
        return (squares.index(min(squares)),)

    return step


def proportions() -> Step:
    """Divide by the sum; where all are zero, they stay so."""

    def step(row: Vector) -> Vector:
        total = 0.0
        for value in row:
            total += value
        return [value / total for value in row] if total else row

    return step


def pair_scores(classes: int) -> Step:
    """For each class the pairs that it wins, and less than a third of a pair for how surely it does.

    The inputs have one element per pair: 1 where the later class wins, else 0, and how sure that is.
    """
    pairs = [(one, other) for one in range(classes) for other in range(one + 1, classes)]

    def step(winners: Vector, confidences: Vector) -> Vector:
        won, sure = [0.0] * classes, [0.0] * classes
        for (one, other), winner, confidence in zip(pairs, winners, confidences):  # noqa: B905
            won[other if winner else one] += 1.0
            sure[one] -= confidence
            sure[other] += confidence
        return [count + total / (3.0 * (abs(total) + 1.0)) for count, total in zip(won, sure)]  # noqa: B905

    return step


def weighted_median(weights: memoryview) -> Step:
    """The first element, in ascending order, at which half of the weight is reached."""
    shares = weights.tolist()

    def step(row: Vector) -> Vector:
        reached, running = [], 0.0
        for value, share in sorted(zip(row, shares)):  # noqa: B905
            running += share
            reached.append((running, value))
        return [next(value for part, value in reached if part >= 0.5 * running)]

    return step


def inverse_yeo_johnson(lambdas: memoryview) -> Step:
    """From Yeo and Johnson's transformation back; NaN where nothing is transformed to the element."""
    powers = lambdas.tolist()

    def back(value: float, power: float) -> float:
        if value >= 0.0:
            return exp(value) - 1.0 if abs(power) < EPSILON else _root(value * power + 1.0, power) - 1.0
        other = 2.0 - power
        return 1.0 - (exp(-value) if abs(other) <= EPSILON else _root(1.0 - other * value, other))

    return lambda row: [back(value, power) for value, power in zip(row, powers)]  # noqa: B905


def inverse_box_cox(lambdas: memoryview) -> Step:
    """From Box and Cox's transformation back; NaN where nothing is transformed to the element."""
    powers = lambdas.tolist()

    def back(value: float, power: float) -> float:
        if power == 0.0:
            return exp(value)
        return exp(log1p(power * value) / power) if power * value > -1.0 else nan

    return lambda row: [back(value, power) for value, power in zip(row, powers)]  # noqa: B905


def _root(base: float, degree: float) -> float:
    # Python gives complex numbers for roots of negative ones.
    return pow(base, 1.0 / degree) if base > 0.0 else nan
