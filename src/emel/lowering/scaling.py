"""Scalers: one operation per step that scikit-learn takes, in its order, so that the last bits agree."""

from __future__ import annotations

from typing import Any

from emel.lowering.builder import Program
from emel.lowering.values import Value


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


def _clipped(program: Program, value: Value, low: float, high: float) -> Value:
    return program.add("clip", value, origins=value.origins, low=float(low), high=float(high))


TRANSFORMERS = {
    "sklearn.StandardScaler": standard_scaler,
    "sklearn.MinMaxScaler": min_max_scaler,
    "sklearn.MaxAbsScaler": max_abs_scaler,
    "sklearn.RobustScaler": robust_scaler,
}
