"""Nearest neighbours, and nearest centroids."""

from __future__ import annotations

from math import inf
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.cluster import nearness
from emel.lowering.discriminant import from_class_scores
from emel.lowering.likelihood import logarithms
from emel.lowering.values import Outputs, Value

LARGEST = 500_000
"""Numbers in the training rows: a row may have to walk them all, at 20 to 50 ns each."""
POWERS = {
    "euclidean": 2.0,
    "l2": 2.0,
    "manhattan": 1.0,
    "cityblock": 1.0,
    "l1": 1.0,
    "p": None,
    "infinity": None,
    "chebyshev": None,
}
"""Name of a distance → the power of Minkowski's; None is infinity."""


def classifier(model: Any, program: Program, value: Value) -> Outputs:
    """The classes of the nearest training rows, one or another near each of them."""
    near, order = _nearest(model, program, value)
    targets = model._y[order].reshape(len(order), -1)
    several = model.outputs_2d_
    parts = []
    for place, classes in enumerate(model.classes_ if several else [model.classes_]):
        shares = program.add(
            "neighbor_shares",
            near,
            width=len(classes),
            arrays={"classes": program.array("u32", targets[:, place])},
            labels=len(classes),
            count=model.n_neighbors,
            weighted=_weighted(model),
        )
        parts.append(Outputs(tuple(classes.tolist()), probabilities=shares))
    return Outputs(parts=tuple(parts)) if several else parts[0]


def regressor(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of the nearest training rows' targets."""
    near, order = _nearest(model, program, value)
    targets = model._y[order].reshape(len(order), -1)
    width = targets.shape[1]
    mean = program.add(
        "neighbor_means",
        near,
        width=width,
        arrays={"targets": program.array("f64", targets)},
        outputs=width,
        count=model.n_neighbors,
        weighted=_weighted(model),
    )
    return Outputs(value=mean)


def classifier_within(model: Any, program: Program, value: Value) -> Outputs:
    """The share of each class among all training rows within the radius."""
    if model.outputs_2d_:
        raise UnsupportedModelError(
            "RadiusNeighborsClassifier has several targets", hint="train one per target"
        )
    labels = model.classes_.tolist()
    known = model._y.ravel().tolist()
    targets = [float(each == place) for each in known for place in range(len(labels))]
    outlier = None
    if model.outlier_label_ is not None:
        (label,) = model.outlier_label_
        if label not in labels:
            raise UnsupportedModelError(
                f"RadiusNeighborsClassifier has the outlier label {label!r}, which is none of its classes",
                hint="use outlier_label='most_frequent'",
            )
        outlier = [float(each == label) for each in labels]
    return Outputs(tuple(labels), probabilities=_within(model, program, value, targets, len(labels), outlier))


def regressor_within(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of the targets of all training rows within the radius."""
    targets = model._y.reshape(len(model._y), -1)
    return Outputs(value=_within(model, program, value, targets, targets.shape[1], None))


def _within(
    model: Any, program: Program, value: Value, targets: Any, outputs: int, outlier: list[float] | None
) -> Value:
    points = _points(model)
    arrays = {"points": program.array("f64", points), "targets": program.array("f64", targets)}
    if outlier is not None:
        arrays["outlier"] = program.array("f64", outlier)
    return program.add(
        "radius_means",
        value,
        width=outputs,
        arrays=arrays,
        missing=False,
        outputs=outputs,
        radius=float(model.radius),
        power=_power(model),
        weighted=_weighted(model),
    )


def nearest_centroid(model: Any, program: Program, value: Value) -> Outputs:
    """The nearest centroid where the classes were equally frequent; else what their prior adds counts too."""
    if model.metric not in ("euclidean", "manhattan"):
        raise _foreign(model, model.metric)
    count = len(model.classes_)
    # Priors came with scikit-learn 1.6.
    priors = getattr(model, "class_prior_", None)
    outputs = _centroid_scores(model, program, value) if priors is not None else Outputs()
    outputs = outputs._replace(labels=tuple(model.classes_.tolist()))
    if priors is not None and any(abs(prior - 1 / count) > 1e-8 + 1e-5 / count for prior in priors.tolist()):
        return outputs
    if model.metric == "euclidean":
        near = nearness(program, value, model.centroids_)
    else:
        near = program.columnwise("multiply", _manhattan(program, value, model.centroids_), [-1.0] * count)
    return outputs._replace(label=program.add("argmax", near, width=1))


def _nearest(model: Any, program: Program, value: Value) -> tuple[Value, Any]:
    """The nearest rows, and in which order the training rows are written: that of the tree's cells."""
    points = _points(model)
    rows = len(points)
    power = _power(model)
    order, starts, ends, arrays = list(range(rows)), [0], [rows], {}
    if model._fit_method != "brute":
        _, order, nodes, bounds = model._tree.get_arrays()
        points, starts, ends = points[order], nodes["idx_start"], nodes["idx_end"]
        arrays = {
            name: program.array("f64", bound)
            for name, bound in (
                (("lows", bounds[0]), ("highs", bounds[1]))
                if model._fit_method == "kd_tree"
                else (("centers", bounds[0]), ("radii", nodes["radius"]))
            )
        }
    arrays |= {
        "points": program.array("f64", points),
        "starts": program.array("u32", starts),
        "ends": program.array("u32", ends),
    }
    count = model.n_neighbors
    near = program.add(
        "nearest", value, width=2 * count, arrays=arrays, missing=False, count=count, power=power
    )
    return near, order


def _points(model: Any) -> Any:
    """The training rows. Errors: UnsupportedModelError for those that are sparse or too many."""
    points = model._fit_X
    if hasattr(points, "toarray"):
        raise UnsupportedModelError(
            f"{type(model).__name__} was trained on sparse rows", hint="reduce them with TruncatedSVD first"
        )
    rows, width = points.shape
    if rows * width > LARGEST:
        raise UnsupportedModelError(
            f"{type(model).__name__} keeps {rows} rows of {width} numbers, which is too slow in pure Python",
            hint="train it on fewer rows, or use another model",
        )
    return points


def _power(model: Any) -> float | None:
    metric = model.effective_metric_
    parameters = model.effective_metric_params_ or {}
    if metric == "minkowski" and parameters.get("w") is None:
        power = float(parameters["p"])
        return None if power == inf else power
    if metric not in POWERS or parameters.get("w") is not None:
        raise _foreign(model, metric)
    return POWERS[metric]


def _weighted(model: Any) -> bool:
    if callable(model.weights):
        raise UnsupportedModelError(
            f"{type(model).__name__} has weights that run code of their own",
            hint="use weights='uniform' or 'distance'",
        )
    return bool(model.weights == "distance")


def _centroid_scores(model: Any, program: Program, value: Value) -> Outputs:
    """Squared distances in units of the deviation within the classes, turned round, and the priors."""
    count = len(model.classes_)
    units = [number or 1.0 for number in model.within_class_std_dev_.tolist()]
    value = program.columnwise("divide", value, units)
    centroids = model.centroids_ / units
    if model.metric == "euclidean":
        arrays = {"points": program.array("f64", centroids)}
        squares = program.add("square_distances", value, width=count, arrays=arrays, count=count)
    else:
        arrays = {"counts": program.array("u32", [1] * count)}
        squares = program.add("square_sums", _manhattan(program, value, centroids), arrays=arrays)
    scores = program.columnwise("multiply", squares, [-1.0] * count)
    priors = [2.0 * prior for prior in logarithms(model.class_prior_.tolist())]
    outputs = from_class_scores(model, program, program.columnwise("add", scores, priors))
    # Both are there for the Euclidean distance alone.
    return outputs if model.metric == "euclidean" else Outputs(outputs.labels, label=outputs.label)


def _manhattan(program: Program, value: Value, centroids: Any) -> Value:
    count = len(centroids)
    arrays = {"points": program.array("f64", centroids)}
    return program.add("manhattan_distances", value, width=count, arrays=arrays, count=count)


def _foreign(model: Any, metric: Any) -> UnsupportedModelError:
    name = metric if isinstance(metric, str) else getattr(metric, "__name__", type(metric).__name__)
    return UnsupportedModelError(
        f"{type(model).__name__} measures by {name!r}, which the pure tier does not",
        hint="use metric='minkowski' without weights, or one of its kinds",
    )


PREDICTORS = {
    "sklearn.KNeighborsClassifier": classifier,
    "sklearn.KNeighborsRegressor": regressor,
    "sklearn.NearestCentroid": nearest_centroid,
    "sklearn.RadiusNeighborsClassifier": classifier_within,
    "sklearn.RadiusNeighborsRegressor": regressor_within,
}
