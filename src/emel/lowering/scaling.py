"""Scalers: one operation per step that scikit-learn takes, in its order, so that the last bits agree."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.values import Value

BOUNDS_THRESHOLD = 1e-7
"""scikit-learn's: how near to its ends a normal distribution is cut off."""


def standard_scaler(model: Any, program: Program, value: Value) -> Value:
    """`(x - mean_) / scale_`"""
    if model.with_mean:
        value = program.columnwise("subtract", value, model.mean_)
    if model.with_std:
        value = program.columnwise("divide", value, model.scale_)
    return value


def min_max_scaler(model: Any, program: Program, value: Value) -> Value:
    """`x * scale_ + min_`, clipped on demand."""
    value = program.columnwise("multiply", value, model.scale_)
    value = program.columnwise("add", value, model.min_)
    return _clipped(program, value, *model.feature_range) if model.clip else value


def max_abs_scaler(model: Any, program: Program, value: Value) -> Value:
    """`x / scale_`, clipped to -1 and 1 on demand."""
    value = program.columnwise("divide", value, model.scale_)
    # `clip` came with scikit-learn 1.8.
    return _clipped(program, value, -1.0, 1.0) if getattr(model, "clip", False) else value


def robust_scaler(model: Any, program: Program, value: Value) -> Value:
    """`(x - center_) / scale_`"""
    if model.with_centering:
        value = program.columnwise("subtract", value, model.center_)
    if model.with_scaling:
        value = program.columnwise("divide", value, model.scale_)
    return value


def normalizer(model: Any, program: Program, value: Value) -> Value:
    """Each row divided by its norm."""
    return program.add("unit", value, missing=False, norm=model.norm)


def binarizer(model: Any, program: Program, value: Value) -> Value:
    """1 above the threshold, else 0."""
    threshold = float(model.threshold)
    program.note_thresholds(value, [(place, threshold) for place in range(value.width)])
    return program.add("exceeds", value, missing=False, threshold=threshold)


def power_transformer(model: Any, program: Program, value: Value) -> Value:
    """A power of each number that makes the column look normal, then scaled."""
    name = "box_cox" if model.method == "box-cox" else "yeo_johnson"
    value = program.add(name, value, arrays={"lambdas": program.array("f64", model.lambdas_)})
    return standard_scaler(model._scaler, program, value) if model.standardize else value


def quantile_transformer(model: Any, program: Program, value: Value) -> Value:
    """The share of the column that lies below, then that share's place in a normal distribution."""
    if value.matrix:
        raise UnsupportedModelError(
            "QuantileTransformer leaves the zeros of sparse rows as they are, wherever their quantile is",
            hint="make the rows dense before it",
        )
    normal = model.output_distribution == "normal"
    arrays = {
        "landmarks": program.array("f64", model.quantiles_.T),
        "shares": program.array("f64", model.references_),
    }
    value = program.add("quantiles", value, arrays=arrays, margin=BOUNDS_THRESHOLD if normal else 0.0)
    if not normal:
        return value
    least = BOUNDS_THRESHOLD - 2.0**-52
    low, high = (NormalDist().inv_cdf(share) for share in (least, 1 - least))
    return program.add("normal_quantile", value, low=low, high=high)


def _clipped(program: Program, value: Value, low: float, high: float) -> Value:
    return program.add("clip", value, origins=value.origins, low=float(low), high=float(high))


TRANSFORMERS = {
    "sklearn.StandardScaler": standard_scaler,
    "sklearn.MinMaxScaler": min_max_scaler,
    "sklearn.MaxAbsScaler": max_abs_scaler,
    "sklearn.RobustScaler": robust_scaler,
    "sklearn.Normalizer": normalizer,
    "sklearn.Binarizer": binarizer,
    "sklearn.PowerTransformer": power_transformer,
    "sklearn.QuantileTransformer": quantile_transformer,
}
