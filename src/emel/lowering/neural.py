"""Multi-layer perceptrons: a linear operation per layer, and its activation."""

from __future__ import annotations

from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.linear import linear_planes, one_versus_rest
from emel.lowering.values import Outputs, Value

ACTIVATIONS = {
    "identity": None,
    "logistic": "logistic",
    "relu": "relu",
    "tanh": "tanh",
    "softmax": "softmax",
    "exp": "exponential",
}
"""scikit-learn's name → the operation."""
LARGEST = 2_000_000
"""Weights: a row walks them all, at 10 to 25 ns each."""


def classifier(model: Any, program: Program, value: Value) -> Outputs:
    """Probabilities; the second of two classes needs more than one half."""
    shares = _layers(model, program, value)
    if model._label_binarizer.y_type_.startswith("multilabel"):
        above = program.columnwise("subtract", shares, [0.5] * shares.width)
        each = [program.select(above, [place]) for place in range(shares.width)]
        return Outputs(parts=tuple(Outputs((0, 1), scores=one) for one in each))
    labels = tuple(model.classes_.tolist())
    if shares.width > 1:
        return Outputs(labels, probabilities=shares)
    above = program.columnwise("subtract", shares, [0.5])
    return Outputs(labels, one_versus_rest(program, shares), label=program.add("positive", above, width=1))


def regressor(model: Any, program: Program, value: Value) -> Outputs:
    """What the last layer gives."""
    return Outputs(value=_layers(model, program, value))


def _layers(model: Any, program: Program, value: Value) -> Value:
    size = sum(weights.size for weights in model.coefs_)
    if size > LARGEST:
        raise UnsupportedModelError(
            f"{type(model).__name__} has {size} weights, which is too slow in pure Python",
            hint="use smaller layers",
        )
    last = len(model.coefs_) - 1
    for place, (weights, intercepts) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        value = linear_planes(program, value, weights.T, intercepts)
        activation = ACTIVATIONS[model.out_activation_ if place == last else model.activation]
        value = program.add(activation, value) if activation else value
    return value


PREDICTORS = {"sklearn.MLPClassifier": classifier, "sklearn.MLPRegressor": regressor}
