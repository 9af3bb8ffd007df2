"""What an estimator that holds others asks of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.values import Label, Outputs, Value


def probabilities_of(member: Any, program: Program, value: Value) -> Value:
    """`predict_proba`."""
    return _present(member, program.read_predictor(member, value).probabilities, "predict_proba")


def value_of(member: Any, program: Program, value: Value) -> Value:
    """What a regressor predicts."""
    return _present(member, program.read_predictor(member, value).value, "numbers to predict")


def response_of(member: Any, outputs: Outputs, method: str) -> Value:
    """The answer of one method of an estimator: `predict_proba`, `decision_function` or `predict`."""
    if method == "predict_proba":
        return _present(member, outputs.probabilities, method)
    if method == "decision_function":
        return _present(member, outputs.scores, method)
    return _present(member, outputs.value, method)


def binary_response(member: Any, outputs: Outputs, program: Program) -> tuple[Value, float]:
    """How sure a member is of the second class, and from what on it says so: its number, its score or else
    its probability."""
    if outputs.value is not None:
        return outputs.value, 0.5
    if outputs.scores is not None:
        return outputs.scores, 0.0
    shares = _present(member, outputs.probabilities, "predict_proba")
    return program.select(shares, [1]), 0.5


def number_of(outputs: Outputs, program: Program) -> Value:
    """What `predict` gives, as a number. Errors: UnsupportedModelError for labels that are none."""
    if outputs.value is not None:
        return outputs.value
    numbers = _numbers(outputs.labels)
    if numbers == list(range(len(numbers))):
        return program.label_of(outputs)
    return program.add(
        "lookup", program.label_of(outputs), width=1, arrays={"numbers": program.array("f64", numbers)}
    )


def above(program: Program, value: Value, threshold: float) -> Value:
    """The index 1 where the only element is above the threshold."""
    shifted = program.columnwise("subtract", value, [threshold]) if threshold else value
    return program.add("positive", shifted)


def places_of(labels: Sequence[Label], among: Sequence[Label]) -> list[int]:
    """Where each label stands among all."""
    return [list(among).index(label) for label in labels]


def scattered(program: Program, value: Value, places: Sequence[int], width: int) -> Value:
    """Zeros, with the elements of a value at these places."""
    if list(places) == list(range(width)):
        return value
    return program.add(
        "scatter", value, width=width, arrays={"positions": program.array("u32", places)}, outputs=width
    )


def average(program: Program, parts: Sequence[Value], weights: Sequence[float] | None = None) -> Value:
    """The mean, position by position."""
    shares = [1.0] * len(parts) if weights is None else [float(weight) for weight in weights]
    return program.add("average", *parts, arrays={"weights": program.array("f64", shares)})


def _numbers(labels: Sequence[Label]) -> list[float]:
    if any(isinstance(label, str) for label in labels):
        raise UnsupportedModelError("labels that are strings cannot be the input of another estimator")
    return [float(label) for label in labels]


def _present(member: Any, value: Value | None, method: str) -> Value:
    if value is None:
        raise UnsupportedModelError(
            f"{type(member).__name__} has no {method} that the pure tier knows",
            hint="use a member that has it, or leave the tier to emel",
        )
    return value
