"""Estimators that wrap one other: searches, thresholds, calibration, transformed targets."""

from __future__ import annotations

from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program, names_of
from emel.lowering.features import FUNCTIONS
from emel.lowering.members import average, places_of, response_of, scattered, value_of
from emel.lowering.values import Outputs, Value

TINY = 1e-12
"""What scikit-learn adds to probabilities before it takes their logarithm."""
SCALERS: dict[str, Any] = {
    "sklearn.StandardScaler": lambda scaler: [
        ("multiply", scaler.scale_ if scaler.with_std else None),
        ("add", scaler.mean_ if scaler.with_mean else None),
    ],
    "sklearn.MinMaxScaler": lambda scaler: [("subtract", scaler.min_), ("divide", scaler.scale_)],
    "sklearn.MaxAbsScaler": lambda scaler: [("multiply", scaler.scale_)],
    "sklearn.RobustScaler": lambda scaler: [
        ("multiply", scaler.scale_ if scaler.with_scaling else None),
        ("add", scaler.center_ if scaler.with_centering else None),
    ],
}
"""The steps of `inverse_transform`, in its order."""


def search(model: Any, program: Program, value: Value) -> Outputs:
    """The best estimator that it found."""
    return program.read_predictor(model.best_estimator_, value)


def frozen(model: Any, program: Program, value: Value) -> Outputs:
    """The estimator inside."""
    return program.read_predictor(model.estimator, value)


def fixed_threshold(model: Any, program: Program, value: Value) -> Outputs:
    """The estimator inside, with a threshold of its own."""
    inner = getattr(model, "estimator_", model.estimator)
    threshold = None if model.threshold == "auto" else float(model.threshold)
    return _thresholded(model, inner, threshold, model.pos_label, program, value)


def tuned_threshold(model: Any, program: Program, value: Value) -> Outputs:
    """The estimator inside, with the threshold that was found."""
    positive = model._curve_scorer._get_pos_label()
    return _thresholded(model, model.estimator_, float(model.best_threshold_), positive, program, value)


def _thresholded(
    model: Any, inner: Any, threshold: float | None, positive: Any, program: Program, value: Value
) -> Outputs:
    outputs = program.read_predictor(inner, value)
    labels = model.classes_.tolist()
    place = 1 if positive is None else labels.index(positive)
    asked = model.response_method
    method = asked if asked != "auto" else "predict_proba"
    if asked == "auto" and not hasattr(inner, "predict_proba"):
        method = "decision_function"
    response = response_of(inner, outputs, method)
    if method == "predict_proba":
        response = program.select(response, [place])
    elif place == 0:
        response = program.columnwise("multiply", response, [-1.0])
    limit = (0.5 if method == "predict_proba" else 0.0) if threshold is None else threshold
    label = program.add("at_least", response, width=1, threshold=limit)
    if place == 0:
        label = program.add("lookup", label, arrays={"numbers": program.array("f64", [1.0, 0.0])})
    return outputs._replace(labels=tuple(labels), label=label)


def calibrated_classifier(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of calibrated members."""
    parts = [_calibrated(one, program, value) for one in model.calibrated_classifiers_]
    return Outputs(tuple(model.classes_.tolist()), probabilities=average(program, parts))


def _calibrated(model: Any, program: Program, value: Value) -> Value:
    inner, classes = model.estimator, model.classes.tolist()
    outputs = program.read_predictor(inner, value)
    scored = hasattr(inner, "decision_function")
    response = response_of(inner, outputs, "decision_function" if scored else "predict_proba")
    if model.method == "temperature":
        return _cooled(model.calibrators[0], program, response, scored=scored)
    if len(classes) == 2:
        score = response if response.width == 1 else program.select(response, [1])
        return program.add("complement", _calibration(model.calibrators[0], program, score), width=2)
    parts = [
        _calibration(calibrator, program, program.select(response, [place]))
        for place, calibrator in enumerate(model.calibrators)
    ]
    places = places_of(inner.classes_.tolist(), classes)
    return program.add("normalize", scattered(program, program.concat(parts), places, len(classes)))


def _calibration(calibrator: Any, program: Program, score: Value) -> Value:
    if "sklearn._SigmoidCalibration" not in names_of(calibrator):
        return value_of(calibrator, program, score)
    line = program.columnwise("multiply", score, [calibrator.a_])
    line = program.columnwise("add", line, [calibrator.b_])
    return program.add("logistic", program.columnwise("multiply", line, [-1.0]))


def _cooled(calibrator: Any, program: Program, response: Value, *, scored: bool) -> Value:
    """Softmax of scores, or of the logarithms of probabilities, times a number."""
    if response.width == 1:
        response = program.add("mirror", response, width=2)
    elif not scored:
        if response.width == 2:
            response = program.add("complement", program.select(response, [1]), width=2)
        response = program.columnwise("add", response, [TINY] * response.width)
        response = program.add("function", response, called="log")
    heat = float(calibrator.beta_)
    return program.add("softmax", program.columnwise("multiply", response, [heat] * response.width))


def transformed_target(model: Any, program: Program, value: Value) -> Outputs:
    """A regressor, whose numbers are transformed back."""
    return Outputs(value=_inverted(model.transformer_, program, value_of(model.regressor_, program, value)))


def _inverted(transformer: Any, program: Program, value: Value) -> Value:
    names = names_of(transformer)
    if "sklearn.Pipeline" in names:
        for _, step in reversed(transformer.steps):
            value = value if step in ("passthrough", None) else _inverted(step, program, value)
        return value
    if "sklearn.FunctionTransformer" in names:
        return _inverse_function(transformer, program, value)
    for name in names:
        for operation, numbers in SCALERS.get(name, lambda _: [])(transformer):
            value = value if numbers is None else program.columnwise(operation, value, numbers)
        if name in SCALERS:
            return value
    if "sklearn.PowerTransformer" in names:
        return _inverse_power(transformer, program, value)
    raise UnsupportedModelError(
        f"{type(transformer).__name__} has no inverse that the pure tier knows",
        hint="transform the target with one of NumPy's functions or a scaler",
    )


def _inverse_function(transformer: Any, program: Program, value: Value) -> Value:
    function = transformer.inverse_func
    if function is None:
        return value
    name = getattr(function, "__name__", repr(function))
    if not (type(function).__module__ == "numpy" and name in FUNCTIONS) or transformer.inv_kw_args:
        raise UnsupportedModelError(
            f"TransformedTargetRegressor(inverse_func={name}) runs code that cannot be read",
            hint=f"use one of NumPy's functions {', '.join(FUNCTIONS)}",
        )
    return program.add("function", value, called=name)


def _inverse_power(transformer: Any, program: Program, value: Value) -> Value:
    if transformer.standardize:
        value = _inverted(transformer._scaler, program, value)
    lambdas = program.array("f64", transformer.lambdas_)
    inverse = "inverse_yeo_johnson" if transformer.method == "yeo-johnson" else "inverse_box_cox"
    return program.add(inverse, value, arrays={"lambdas": lambdas})


def self_trained(model: Any, program: Program, value: Value) -> Outputs:
    """The estimator that was trained last."""
    return program.read_predictor(model.estimator_, value)


PREDICTORS = {
    "sklearn.SelfTrainingClassifier": self_trained,
    "sklearn.GridSearchCV": search,
    "sklearn.RandomizedSearchCV": search,
    "sklearn.HalvingGridSearchCV": search,
    "sklearn.HalvingRandomSearchCV": search,
    "sklearn.FrozenEstimator": frozen,
    "sklearn.FixedThresholdClassifier": fixed_threshold,
    "sklearn.TunedThresholdClassifierCV": tuned_threshold,
    "sklearn.CalibratedClassifierCV": calibrated_classifier,
    "sklearn.TransformedTargetRegressor": transformed_target,
}
