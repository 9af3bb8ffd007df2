"""From the number that a model computes to the one that it answers."""

from __future__ import annotations

from math import exp, log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.operations import Step, Vector


def exponential() -> Step:
    """The exponential of each element; one that is too large refuses the row."""
    return lambda row: list(map(exp, row))


def likelihoods() -> Step:
    """Probabilities from their logarithms, which lack a constant: that is found as the logarithm of a sum.

    Unlike `softmax`, it rounds where the logarithms are huge, as SciPy's logsumexp does: two classes that are
    far from a row, and equally far, both get 1.
    """

    def step(row: Vector) -> Vector:
        largest = max(row)
        whole = largest + log(sum([exp(value - largest) for value in row]))
        return [exp(value - whole) for value in row]

    return step


def constant(values: memoryview) -> Step:
    """The same for each row."""
    answer = values.tolist()
    return lambda _row: answer


def not_negative() -> Step:
    """The index of the class by the sign of a single score, where zero belongs to the second class."""
    return lambda row: (1 if row[0] >= 0.0 else 0,)
