"""Evaluates a lowered model, model.emel, with nothing but the standard library.

The file's layout and every operation are in docs/reference/model-format.md; nothing in it is Python's own.
A program is a list of operations on vectors of float64. Opening turns each into a closure, so that a row
costs no look-up of names.

To raise FORMAT: add 1 when an evaluator of the old number would misread a file; a new operation is such a
case. Say what changed in model-format.md. A bundle carries its own evaluator, so only the newest is read.
"""

from __future__ import annotations

import struct
from math import exp

from emel_runtime.forest import forest, require_finite
from emel_runtime.lean import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Vector = Sequence[float]
    Step = Callable[[Vector], Vector]
    Operation = Callable[..., Step]

MAGIC = b"\x89EMEL\r\n\x1a"
FORMAT = 1
HEADER = struct.Struct("<8sII")
DTYPES = {"f64": "d", "u32": "I", "i32": "i", "u8": "B"}


class Unanswerable(Exception):
    """A row whose numbers are too large for the model's arithmetic; `row` counts from 0."""

    def __init__(self, row: int) -> None:
        super().__init__(row)
        self.row = row


class CorruptModel(Exception):
    """The file is not a lowered model of this format."""


def load(data: bytes) -> Model:
    """The model in the bytes of a model.emel. Errors: CorruptModel."""
    program, arrays = decode(data)
    try:
        return Model(program, arrays)
    except (ArithmeticError, LookupError, TypeError, ValueError) as problem:
        raise CorruptModel(f"the lowered model is damaged: {problem!r}") from problem


def decode(data: bytes) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    """The program of a model.emel and its arrays, flattened in row order. Errors: CorruptModel."""
    try:
        magic, version, length = HEADER.unpack_from(data)
        if magic != MAGIC:
            raise CorruptModel("this is not a lowered model: its first bytes are others")
        if version != FORMAT:
            raise CorruptModel(f"the lowered model has format {version}, this runtime reads {FORMAT}")
        end = HEADER.size + length
        program: Any = loads(str(data[HEADER.size : end], "utf-8"))
        base = (end + 7) // 8 * 8
        arrays = []
        for array in program["arrays"]:
            count = 1
            for size in array["shape"]:
                count *= size
            arrays.append(
                struct.unpack_from(f"<{count}{DTYPES[array['dtype']]}", data, base + array["offset"])
            )
    except (struct.error, ValueError, KeyError, TypeError) as problem:
        raise CorruptModel(f"the lowered model is damaged: {problem}") from problem
    return program, arrays


class Model:
    """A lowered model, ready to answer. `labels` is empty for regression."""

    def __init__(self, program: dict[str, Any], arrays: Sequence[tuple[Any, ...]]) -> None:
        self.labels: list[Any] = program["labels"]
        self._steps: list[tuple[Step, int, int]] = []
        for operation in program["operations"]:
            given = {name: arrays[index] for name, index in operation["arrays"].items()}
            step = OPERATIONS[operation["name"]](**given, **operation["attributes"])
            self._steps.append((step, operation["input"], operation["output"]))
        self._result: int = program["outputs"]["label" if self.labels else "value"]
        self._probabilities: int | None = program["outputs"].get("probabilities")

    def answer(self, rows: Sequence[Vector]) -> tuple[list[Any], list[Vector] | None]:
        """Predictions, and probabilities in the order of `labels` where the model has them.

        Errors: Unanswerable, which tells the row.
        """
        predictions: list[Any] = []
        probabilities: list[Vector] = []
        for number, row in enumerate(rows):
            try:
                values = self._evaluate(row)
            except OverflowError:
                raise Unanswerable(number) from None
            result = values[self._result][0]
            predictions.append(self.labels[int(result)] if self.labels else result)
            if self._probabilities is not None:
                probabilities.append(values[self._probabilities])
        return predictions, None if self._probabilities is None else probabilities

    def _evaluate(self, row: Vector) -> list[Vector]:
        values = [row] * (len(self._steps) + 1)
        for step, source, target in self._steps:
            values[target] = step(values[source])
        return values


# --- operations: each takes its arrays and attributes, and gives the step that is run for each row -----
# An operation that can leave the finite numbers raises OverflowError when it does.


def subtract(constant: Vector) -> Step:
    return lambda row: [value - number for value, number in zip(row, constant)]  # noqa: B905


def add(constant: Vector) -> Step:
    return lambda row: [value + number for value, number in zip(row, constant)]  # noqa: B905


def multiply(constant: Vector) -> Step:
    return lambda row: [value * number for value, number in zip(row, constant)]  # noqa: B905


def divide(constant: Vector) -> Step:
    return lambda row: [value / number for value, number in zip(row, constant)]  # noqa: B905


def clip(low: float, high: float) -> Step:
    # The order of the arguments keeps NaN as it is.
    return lambda row: [min(max(value, low), high) for value in row]


def linear(coefficients: Vector, intercepts: Vector) -> Step:
    """One score per intercept: the product of the row with its coefficients, plus the intercept."""
    width = len(coefficients) // len(intercepts)
    planes = [
        (coefficients[place * width : (place + 1) * width], intercept)
        for place, intercept in enumerate(intercepts)
    ]

    def step(row: Vector) -> Vector:
        scores = [
            sum([value * weight for value, weight in zip(row, weights)]) + intercept  # noqa: B905
            for weights, intercept in planes
        ]
        require_finite(scores)
        return scores

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
    return lambda row: (row.index(max(row)),)


OPERATIONS: dict[str, Operation] = {
    operation.__name__: operation
    for operation in (
        subtract,
        add,
        multiply,
        divide,
        clip,
        linear,
        logistic,
        complement,
        mirror,
        normalize,
        softmax,
        positive,
        argmax,
        forest,
    )
}
