"""Support vector machines, as libsvm computes them."""

from __future__ import annotations

from math import dist, exp
from math import tanh as hyperbolic

from emel_runtime.operations import require_finite, sumprod

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from emel_runtime.operations import Step, Vector

SMALLEST = 1e-7
"""libsvm lets no pair of classes be surer than this."""


def kernel(vectors: memoryview, count: int, kind: str, gamma: float, shift: float, degree: int) -> Step:
    """The kernel of the row with each of so many vectors."""
    flat, width = vectors.tolist(), len(vectors) // count
    # `dist` takes tuples in half the time of lists.
    rows = [tuple(flat[start : start + width]) for start in range(0, len(flat), width)]
    one = _kernel_of(kind, gamma, shift, degree)

    def step(row: Vector) -> Vector:
        require_finite(row)
        point = tuple(row)
        return [one(point, vector) for vector in rows]

    return step


def one_versus_one(coefficients: memoryview, counts: memoryview, intercepts: memoryview) -> Step:
    """The score of each pair of classes, positive for the first of them.

    The kernels come class after class, and `counts` are the numbers of each. A kernel has one coefficient for
    each other class, in the order of the classes: `coefficients` is [classes - 1, kernels].
    """
    spans = []
    whole = 0
    for count in counts.tolist():
        spans.append(slice(whole, whole + count))
        whole += count
    flat = coefficients.tolist()
    against = [flat[start : start + whole] for start in range(0, len(flat), whole)]
    shifts = iter(intercepts.tolist())
    pairs = [
        (spans[one], against[other - 1][spans[one]], spans[other], against[one][spans[other]], next(shifts))
        for one in range(len(spans))
        for other in range(one + 1, len(spans))
    ]

    def step(row: Vector) -> Vector:
        scores = [
            sumprod(row[one], weights) + sumprod(row[other], others) + shift
            for one, weights, other, others, shift in pairs
        ]
        require_finite(scores)
        return scores

    return step


def votes(classes: int) -> Step:
    """The index of the class that wins most pairs, of equal ones the first."""
    pairs = _pairs(classes)

    def step(row: Vector) -> Vector:
        won = [0] * classes
        for score, (one, other) in zip(row, pairs):  # noqa: B905
            won[one if score > 0.0 else other] += 1
        return (won.index(max(won)),)

    return step


def vote_scores(classes: int) -> Step:
    """For each class the pairs that it wins, and less than a third of a pair for how surely it does."""
    pairs = _pairs(classes)

    def step(row: Vector) -> Vector:
        won, sure = [0.0] * classes, [0.0] * classes
        for score, (one, other) in zip(row, pairs):  # noqa: B905
            sure[one] += score
            sure[other] -= score
            won[other if score < 0.0 else one] += 1.0
        return [count + total / (3.0 * (abs(total) + 1.0)) for count, total in zip(won, sure)]  # noqa: B905

    return step


def coupled_probabilities(classes: int, slopes: memoryview, shifts: memoryview) -> Step:
    """Platt's probability of each pair, and from these the classes' own.

    Source: Wu, Lin and Weng, Probability Estimates for Multi-class Classification by Pairwise Coupling
    (2004), the second method, with libsvm's number of rounds.
    """
    curves = list(zip(_pairs(classes), slopes.tolist(), shifts.tolist()))  # noqa: B905

    def step(row: Vector) -> Vector:
        matrix = [[0.0] * classes for _ in range(classes)]
        for score, ((one, other), slope, shift) in zip(row, curves):  # noqa: B905
            share = min(max(_sigmoid(score * slope + shift), SMALLEST), 1.0 - SMALLEST)
            matrix[one][other], matrix[other][one] = share, 1.0 - share
        return _coupled(matrix, classes)

    return step


def _kernel_of(kind: str, gamma: float, shift: float, degree: int) -> Callable[[Vector, Vector], float]:
    if kind == "rbf":
        return lambda row, vector: exp(-gamma * dist(row, vector) ** 2)
    if kind == "poly":
        return lambda row, vector: float((gamma * sumprod(row, vector) + shift) ** degree)
    if kind == "sigmoid":
        return lambda row, vector: hyperbolic(gamma * sumprod(row, vector) + shift)
    raise ValueError(kind)


def _pairs(classes: int) -> list[tuple[int, int]]:
    return [(one, other) for one in range(classes) for other in range(one + 1, classes)]


def _sigmoid(score: float) -> float:
    """The falling logistic function, without an exponential that overflows."""
    if score >= 0.0:
        power = exp(-score)
        return power / (1.0 + power)
    return 1.0 / (1.0 + exp(score))


def _coupled(matrix: list[list[float]], classes: int) -> Vector:
    everyone = range(classes)
    terms = [
        [
            sum([matrix[each][one] ** 2 for each in everyone if each != one])
            if one == other
            else -matrix[other][one] * matrix[one][other]
            for other in everyone
        ]
        for one in everyone
    ]
    shares = [1.0 / classes] * classes
    for _ in range(max(100, classes)):
        slopes = [sumprod(line, shares) for line in terms]
        mean = sumprod(shares, slopes)
        if max([abs(slope - mean) for slope in slopes]) < 0.005 / classes:
            break
        for one, line in enumerate(terms):
            own = line[one]
            step = (mean - slopes[one]) / own
            shares[one] += step
            whole = 1.0 + step
            mean = (mean + step * (step * own + 2.0 * slopes[one])) / whole / whole
            slopes = [(slope + step * term) / whole for slope, term in zip(slopes, line)]  # noqa: B905
            shares = [share / whole for share in shares]
    return shares
