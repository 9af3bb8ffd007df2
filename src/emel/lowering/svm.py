"""Support vector machines with kernels; those without are linear models."""

from __future__ import annotations

from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.linear import OUTLIERS, linear_planes
from emel.lowering.values import Outputs, Value

LARGEST = 1_000_000
"""Numbers in the support vectors: a row walks them all, at 10 to 20 ns each."""


def classifier(model: Any, program: Program, value: Value) -> Outputs:
    """Votes of each pair of classes; Platt's probabilities where it was trained with them."""
    labels = tuple(model.classes_.tolist())
    pairs = _pairs(model, program, value, len(labels))
    label = program.add("votes", pairs, width=1, classes=len(labels))
    scores = None
    if len(labels) == 2:
        scores = program.columnwise("multiply", pairs, [-1.0])
    elif model.decision_function_shape == "ovr":
        scores = program.add("vote_scores", pairs, width=len(labels), classes=len(labels))
        label = program.add("argmax", scores, width=1) if model.break_ties else label
    return Outputs(labels, _probabilities(model, program, pairs, len(labels)), scores, label)


def regressor(model: Any, program: Program, value: Value) -> Outputs:
    """The weighted sum of the kernels."""
    return Outputs(value=_plane(model, program, value))


def outlier_detector(model: Any, program: Program, value: Value) -> Outputs:
    """The sign of the weighted sum of the kernels."""
    return Outputs(OUTLIERS, scores=_plane(model, program, value))


def _pairs(model: Any, program: Program, value: Value, classes: int) -> Value:
    """libsvm's own scores, of which scikit-learn turns round that of two classes."""
    # `coef_` is turned round too.
    way = -1.0 if classes == 2 else 1.0
    shifts = [way * number for number in model.intercept_.tolist()]
    if model.kernel == "linear":
        return linear_planes(program, value, way * _dense(model.coef_), shifts)
    arrays = {
        "coefficients": program.array("f64", way * _dense(model.dual_coef_)),
        "counts": program.array("u32", model.n_support_),
        "intercepts": program.array("f64", shifts),
    }
    return program.add("one_versus_one", _kernel(model, program, value), width=len(shifts), arrays=arrays)


def _plane(model: Any, program: Program, value: Value) -> Value:
    if model.kernel == "linear":
        return linear_planes(program, value, _dense(model.coef_), model.intercept_)
    kernel = _kernel(model, program, value)
    return linear_planes(program, kernel, _dense(model.dual_coef_), model.intercept_)


def _kernel(model: Any, program: Program, value: Value) -> Value:
    if model.kernel == "precomputed":
        return program.select(value, model.support_.tolist())
    name = type(model).__name__
    if model.kernel not in ("rbf", "poly", "sigmoid"):
        raise UnsupportedModelError(
            f"{name} has a kernel that runs code of its own", hint="use one of scikit-learn's kernels"
        )
    count, width = model.support_vectors_.shape
    if count * width > LARGEST:
        raise UnsupportedModelError(
            f"{name} has {count} support vectors of {width} numbers, which is too slow in pure Python",
            hint="train it with fewer rows, or use a linear kernel",
        )
    return program.add(
        "kernel",
        value,
        width=count,
        arrays={"vectors": program.array("f64", _dense(model.support_vectors_))},
        missing=False,
        count=count,
        kind=model.kernel,
        gamma=float(model._gamma),
        shift=float(model.coef0),
        degree=int(model.degree),
    )


def _probabilities(model: Any, program: Program, pairs: Value, classes: int) -> Value | None:
    if not hasattr(model, "predict_proba"):
        return None
    arrays = {
        "slopes": program.array("f64", model._probA),
        "shifts": program.array("f64", model._probB),
    }
    return program.add("coupled_probabilities", pairs, width=classes, arrays=arrays, classes=classes)


def _dense(numbers: Any) -> Any:
    """What was trained on sparse values is kept so."""
    return numbers.toarray() if hasattr(numbers, "toarray") else numbers


PREDICTORS = {
    "sklearn.SVC": classifier,
    "sklearn.NuSVC": classifier,
    "sklearn.SVR": regressor,
    "sklearn.NuSVR": regressor,
    "sklearn.OneClassSVM": outlier_detector,
}
