"""Linear models: scores, and what scikit-learn makes of them."""

from __future__ import annotations

from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.values import Outputs, Value


def regression(model: Any, program: Program, value: Value) -> Outputs:
    """`X @ coef_ + intercept_`, one number per target."""
    return Outputs(value=linear_scores(model, program, value))


def logistic_regression(model: Any, program: Program, value: Value) -> Outputs:
    """Logistic function for two classes, softmax for more; one-versus-rest where an old model asks for it."""
    # Up to scikit-learn 1.7 `multi_class` could ask for the other of the two ways.
    asked = getattr(model, "multi_class", "auto")
    binary = len(model.classes_) == 2
    scores = linear_scores(model, program, value)
    if asked == "multinomial" and binary:
        probabilities = program.add("softmax", program.add("mirror", scores, width=2))
    elif binary or asked == "ovr" or (asked == "auto" and model.solver == "liblinear"):
        probabilities = _one_versus_rest(program, scores)
    else:
        probabilities = program.add("softmax", scores)
    return Outputs(tuple(model.classes_.tolist()), scores=scores, probabilities=probabilities)


def sgd_classifier(model: Any, program: Program, value: Value) -> Outputs:
    """Scores, and probabilities where the loss gives them."""
    if model.loss == "modified_huber":
        raise UnsupportedModelError(
            "SGDClassifier(loss='modified_huber') has no reader for its probabilities yet",
            hint="train it with loss='log_loss' or 'hinge', or with LogisticRegression",
        )
    outputs = decision(model, program, value)
    if model.loss != "log_loss" or outputs.scores is None:
        return outputs
    return outputs._replace(probabilities=_one_versus_rest(program, outputs.scores))


def decision(model: Any, program: Program, value: Value) -> Outputs:
    """Classifiers that have scores and no probabilities."""
    scores = linear_scores(model, program, value)
    return Outputs(tuple(model.classes_.tolist()), scores=scores)


def linear_scores(model: Any, program: Program, value: Value) -> Value:
    """`X @ coef_.T + intercept_`, one score per row of `coef_`."""
    coefficients = model.coef_.reshape(-1, model.coef_.shape[-1])
    planes = len(coefficients)
    if planes not in (1, len(getattr(model, "classes_", range(planes)))):
        raise UnsupportedModelError(
            f"{type(model).__name__} has {planes} targets; the pure tier takes one",
            hint="train one model per target",
        )
    # A model without intercept keeps the number 0.0; one number may stand for all planes.
    intercepts = [float(model.intercept_)] * planes if _is_number(model.intercept_) else model.intercept_
    return program.add(
        "linear",
        value,
        width=planes,
        arrays={
            "coefficients": program.array("f64", coefficients),
            "intercepts": program.array("f64", [float(number) for number in intercepts]),
        },
    )


def _is_number(value: Any) -> bool:
    return not getattr(value, "shape", ())


def _one_versus_rest(program: Program, scores: Value) -> Value:
    each = program.add("logistic", scores)
    return program.add("complement", each, width=2) if scores.width == 1 else program.add("normalize", each)


PREDICTORS = {
    "sklearn.LogisticRegression": logistic_regression,
    "sklearn.SGDClassifier": sgd_classifier,
    "sklearn.RidgeClassifier": decision,
    "sklearn.LinearSVC": decision,
    "sklearn.LinearRegression": regression,
    "sklearn.Ridge": regression,
    "sklearn.ElasticNet": regression,
    "sklearn.Lasso": regression,
    "sklearn.LinearSVR": regression,
    "sklearn.SGDRegressor": regression,
}
