"""Linear models: scores, and what scikit-learn makes of them."""

from __future__ import annotations

from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Outputs, Program


def regression(model: Any, program: Program, value: int) -> Outputs:
    """`X @ coef_ + intercept_`, for one target."""
    return Outputs(value=_scores(model, program, value))


def logistic_regression(model: Any, program: Program, value: int) -> Outputs:
    """Logistic function for two classes, softmax for more; one-versus-rest where an old model asks for it."""
    # Up to scikit-learn 1.7 `multi_class` could ask for the other of the two ways.
    asked = getattr(model, "multi_class", "auto")
    binary = len(model.classes_) == 2
    scores = _scores(model, program, value)
    if asked == "multinomial" and binary:
        probabilities = program.add("softmax", program.add("mirror", scores))
    elif binary or asked == "ovr" or (asked == "auto" and model.solver == "liblinear"):
        probabilities = _one_versus_rest(model, program, scores)
    else:
        probabilities = program.add("softmax", scores)
    return _classes(model, program, scores, probabilities)


def sgd_classifier(model: Any, program: Program, value: int) -> Outputs:
    """Scores, and probabilities where the loss gives them."""
    if model.loss == "modified_huber":
        raise UnsupportedModelError(
            "SGDClassifier(loss='modified_huber') has no reader for its probabilities yet",
            hint="train it with loss='log_loss' or 'hinge', or with LogisticRegression",
        )
    scores = _scores(model, program, value)
    probabilities = _one_versus_rest(model, program, scores) if model.loss == "log_loss" else None
    return _classes(model, program, scores, probabilities)


def decision(model: Any, program: Program, value: int) -> Outputs:
    """Classifiers that have scores and no probabilities."""
    return _classes(model, program, _scores(model, program, value), None)


def _scores(model: Any, program: Program, value: int) -> int:
    coefficients = model.coef_.reshape(-1, model.coef_.shape[-1])
    planes, width = coefficients.shape
    classes = len(getattr(model, "classes_", ()))
    if planes > 1 and planes != classes:
        raise UnsupportedModelError(
            f"{type(model).__name__} has {planes} targets; the pure tier takes one",
            hint="train one model per target",
        )
    # A model without intercept keeps the number 0.0; one number may stand for all planes.
    intercepts = [float(model.intercept_)] * planes if _is_number(model.intercept_) else model.intercept_
    return program.add(
        "linear",
        value,
        arrays={
            "coefficients": program.array("f64", coefficients.ravel().tolist(), (planes, width)),
            "intercepts": program.array("f64", [float(number) for number in intercepts]),
        },
    )


def _is_number(value: Any) -> bool:
    return not getattr(value, "shape", ())


def _one_versus_rest(model: Any, program: Program, scores: int) -> int:
    each = program.add("logistic", scores)
    return program.add("complement" if len(model.classes_) == 2 else "normalize", each)


def _classes(model: Any, program: Program, scores: int, probabilities: int | None) -> Outputs:
    labels = tuple(model.classes_.tolist())
    label = program.add("positive" if len(labels) == 2 else "argmax", scores)
    return Outputs(labels=labels, label=label, probabilities=probabilities)
