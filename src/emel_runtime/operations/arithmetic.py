"""Picking and joining, arithmetic by position, and what turns scores into probabilities and labels."""

from __future__ import annotations

from math import exp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from emel_runtime.operations import Step, Vector


def select(positions: memoryview) -> Step:
    """The elements at these positions, numbers or strings, in this order."""
    picked = positions.tolist()
    return lambda row: [row[position] for position in picked]


def concat() -> Step:
    """All elements of all inputs."""
    return lambda *rows: [value for row in rows for value in row]


def subtract(constant: memoryview) -> Step:
    numbers = constant.tolist()
    return lambda row: [value - number for value, number in zip(row, numbers)]  # noqa: B905


def add(constant: memoryview) -> Step:
    numbers = constant.tolist()
    return lambda row: [value + number for value, number in zip(row, numbers)]  # noqa: B905


def multiply(constant: memoryview) -> Step:
    numbers = constant.tolist()
    return lambda row: [value * number for value, number in zip(row, numbers)]  # noqa: B905


def divide(constant: memoryview) -> Step:
    numbers = constant.tolist()
    return lambda row: [value / number for value, number in zip(row, numbers)]  # noqa: B905


def clip(low: float, high: float) -> Step:
    # The order of the arguments keeps NaN as it is.
    return lambda row: [min(max(value, low), high) for value in row]


def average(weights: memoryview) -> Step:
    """The weighted mean of the inputs, position by position."""
    shares = weights.tolist()
    whole = sum(shares)

    def step(*rows: Vector) -> Vector:
        means = []
        for column in zip(*rows):  # noqa: B905
            # Python 3.12's `sum` compensates rounding, NumPy's running total does not.
            total = 0.0
            for value, share in zip(column, shares):  # noqa: B905
                total += value * share
            means.append(total / whole)
        return means

    return step


def logistic() -> Step:
    # Below -709 the exponential would overflow, and the answer is 0 to the last bit that matters.
    return lambda row: [1.0 / (1.0 + exp(-score)) if score > -709.0 else 0.0 for score in row]


def complement() -> Step:
    """From the probability of the second class to those of both."""
    return lambda row: (1.0 - row[0], row[0])


def mirror() -> Step:
    """From the score of the second class to those of both."""
    return lambda row: (-row[0], row[0])


def normalize() -> Step:
    """Divide by the sum; where all are zero, all are alike."""

    def step(row: Vector) -> Vector:
        total = 0.0
        for value in row:
            total += value
        return [value / total for value in row] if total else [1.0 / len(row)] * len(row)

    return step


def softmax() -> Step:
    def step(row: Vector) -> Vector:
        largest = max(row)
        powers = [exp(value - largest) for value in row]
        total = sum(powers)
        return [power / total for power in powers]

    return step


def positive() -> Step:
    """The index of the class by the sign of a single score."""
    return lambda row: (1 if row[0] > 0.0 else 0,)


def argmax() -> Step:
    """The index of the largest value, of equal ones the first."""

    def step(row: Any) -> Vector:
        return (row.index(max(row)),)

    return step
