"""Baselines, which answer each row alike."""

from __future__ import annotations

from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.values import Outputs, Value


def classifier(model: Any, program: Program, value: Value) -> Outputs:
    """The classes as often as they were, or one of them."""
    if model.strategy in ("stratified", "uniform"):
        raise UnsupportedModelError(
            f"DummyClassifier(strategy={model.strategy!r}) answers at random",
            hint="train it with strategy='prior'",
        )
    if model.n_outputs_ == 1:
        return _part(model, program, value, model.classes_, model.class_prior_, model.constant)
    constants = [None] * model.n_outputs_ if model.constant is None else list(model.constant)
    targets = zip(model.classes_, model.class_prior_, constants, strict=True)
    return Outputs(parts=tuple(_part(model, program, value, *target) for target in targets))


def regressor(model: Any, program: Program, value: Value) -> Outputs:
    """The same numbers always."""
    return Outputs(value=_constant(program, value, model.constant_.ravel().tolist()))


def _part(model: Any, program: Program, value: Value, classes: Any, prior: Any, constant: Any) -> Outputs:
    labels = classes.tolist()
    if model.strategy == "constant":
        # A constant may be given as the only element of a list.
        wanted = constant[0] if isinstance(constant, list | tuple) or hasattr(constant, "shape") else constant
        index = labels.index(wanted)
    else:
        index = int(prior.argmax())
    shares = prior.tolist() if model.strategy == "prior" else [float(i == index) for i in range(len(labels))]
    return Outputs(
        tuple(labels),
        _constant(program, value, shares),
        label=_constant(program, value, [float(index)]),
    )


def _constant(program: Program, value: Value, numbers: list[float]) -> Value:
    arrays = {"values": program.array("f64", numbers)}
    return program.add("constant", value, width=len(numbers), missing=False, arrays=arrays)


PREDICTORS = {"sklearn.DummyClassifier": classifier, "sklearn.DummyRegressor": regressor}
