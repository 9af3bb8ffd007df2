"""Linear models: scores, and what scikit-learn makes of them."""

from __future__ import annotations

from typing import Any

from emel.lowering.builder import Program
from emel.lowering.values import Outputs, Value

OUTLIERS = (-1, 1)
"""What detectors of outliers predict: -1 is one."""


def regression(model: Any, program: Program, value: Value) -> Outputs:
    """`X @ coef_ + intercept_`, one number per target."""
    return Outputs(value=linear_scores(model, program, value))


def generalized_regression(model: Any, program: Program, value: Value) -> Outputs:
    """The same, and its exponential where the link is the logarithm."""
    scores = linear_scores(model, program, value)
    link = getattr(model, "link", "log")
    if link == "auto":
        link = "identity" if model.power <= 0 else "log"
    return Outputs(value=program.add("exponential", scores) if link == "log" else scores)


def consensus_regression(model: Any, program: Program, value: Value) -> Outputs:
    """RANSAC: the model of the inliers."""
    return program.read_predictor(model.estimator_, value)


def logistic_regression(model: Any, program: Program, value: Value) -> Outputs:
    """Logistic function for two classes, softmax for more; one-versus-rest where an old model asks for it."""
    # Up to scikit-learn 1.7 `multi_class` could ask for the other of the two ways.
    asked = getattr(model, "multi_class", "auto")
    binary = len(model.classes_) == 2
    scores = linear_scores(model, program, value)
    if asked == "multinomial" and binary:
        probabilities = program.add("softmax", program.add("mirror", scores, width=2))
    elif binary or asked == "ovr" or (asked == "auto" and model.solver == "liblinear"):
        probabilities = one_versus_rest(program, program.add("logistic", scores))
    else:
        probabilities = program.add("softmax", scores)
    return Outputs(tuple(model.classes_.tolist()), scores=scores, probabilities=probabilities)


def sgd_classifier(model: Any, program: Program, value: Value) -> Outputs:
    """Scores, and probabilities where the loss gives them."""
    outputs = decision(model, program, value)
    scores = outputs.scores
    if scores is None or model.loss not in ("log_loss", "modified_huber"):
        return outputs
    if model.loss == "log_loss":
        shares = program.add("logistic", scores)
    else:
        shares = program.add("clip", scores, low=-1.0, high=1.0)
        shares = program.columnwise("add", shares, [1.0] * scores.width)
        shares = program.columnwise("divide", shares, [2.0] * scores.width)
    return outputs._replace(probabilities=one_versus_rest(program, shares))


def ridge_classifier(model: Any, program: Program, value: Value) -> Outputs:
    """Scores; where it was trained on an indicator matrix, of each of its columns."""
    if not model._label_binarizer.y_type_.startswith("multilabel"):
        return decision(model, program, value)
    scores = linear_scores(model, program, value)
    each = [program.select(scores, [place]) for place in range(scores.width)]
    return Outputs(parts=tuple(Outputs((0, 1), scores=one) for one in each))


def decision(model: Any, program: Program, value: Value) -> Outputs:
    """Classifiers that have scores and no probabilities."""
    scores = linear_scores(model, program, value)
    return Outputs(tuple(model.classes_.tolist()), scores=scores)


def outlier_detector(model: Any, program: Program, value: Value) -> Outputs:
    """SGDOneClassSVM: an outlier has a score below zero."""
    scores = linear_planes(program, value, model.coef_, [-float(model.offset_[0])])
    return Outputs(OUTLIERS, scores=scores, label=program.add("not_negative", scores, width=1))


def linear_scores(model: Any, program: Program, value: Value) -> Value:
    """`X @ coef_.T + intercept_`, one score per row of `coef_`."""
    coefficients = model.coef_.toarray() if hasattr(model.coef_, "toarray") else model.coef_
    planes = coefficients.reshape(-1, coefficients.shape[-1])
    # A model without intercept keeps the number 0.0; one number may stand for all planes.
    shifts = model.intercept_
    return linear_planes(
        program, value, planes, [float(shifts)] * len(planes) if _is_number(shifts) else shifts
    )


def linear_planes(program: Program, value: Value, coefficients: Any, intercepts: Any) -> Value:
    """One score for each row of coefficients [scores, width]."""
    shifts = [float(number) for number in intercepts]
    arrays = {
        "coefficients": program.array("f64", coefficients, (len(shifts), value.width)),
        "intercepts": program.array("f64", shifts),
    }
    return program.add("linear", value, width=len(shifts), missing=False, arrays=arrays)


def one_versus_rest(program: Program, shares: Value) -> Value:
    """Probabilities from what each class gets, or the second of two."""
    if shares.width == 1:
        return program.add("complement", shares, width=2)
    return program.add("normalize", shares)


def _is_number(value: Any) -> bool:
    return not getattr(value, "shape", ())


PREDICTORS = {
    "sklearn.LogisticRegression": logistic_regression,
    "sklearn.SGDClassifier": sgd_classifier,
    "sklearn.Perceptron": decision,
    "sklearn.PassiveAggressiveClassifier": decision,
    "sklearn.RidgeClassifier": ridge_classifier,
    "sklearn.RidgeClassifierCV": ridge_classifier,
    "sklearn.LinearSVC": decision,
    "sklearn.SGDOneClassSVM": outlier_detector,
    "sklearn.RANSACRegressor": consensus_regression,
    **dict.fromkeys(
        ("sklearn.PoissonRegressor", "sklearn.GammaRegressor", "sklearn.TweedieRegressor"),
        generalized_regression,
    ),
    **dict.fromkeys(
        (
            "sklearn.ARDRegression",
            "sklearn.BayesianRidge",
            "sklearn.ElasticNet",
            "sklearn.HuberRegressor",
            "sklearn.Lars",
            "sklearn.LinearModelCV",
            "sklearn.LinearRegression",
            "sklearn.LinearSVR",
            "sklearn.OrthogonalMatchingPursuit",
            "sklearn.OrthogonalMatchingPursuitCV",
            "sklearn.PassiveAggressiveRegressor",
            "sklearn.QuantileRegressor",
            "sklearn.Ridge",
            "sklearn.RidgeCV",
            "sklearn.SGDRegressor",
            "sklearn.TheilSenRegressor",
        ),
        regression,
    ),
}
"""Lasso, the other kinds of Lars and what ends in CV are found by their bases."""
