"""Scalers: one operation per step that scikit-learn takes, in its order, so that the last bits agree."""

from __future__ import annotations

from typing import Any

from emel.lowering.builder import Program


def standard_scaler(model: Any, program: Program, value: int) -> int:
    """`(x - mean_) / scale_`"""
    if model.with_mean:
        value = _by_column("subtract", model.mean_, program, value)
    if model.with_std:
        value = _by_column("divide", model.scale_, program, value)
    return value


def min_max_scaler(model: Any, program: Program, value: int) -> int:
    """`x * scale_ + min_`, clipped on demand."""
    value = _by_column("multiply", model.scale_, program, value)
    value = _by_column("add", model.min_, program, value)
    if model.clip:
        low, high = model.feature_range
        value = program.add("clip", value, low=float(low), high=float(high))
    return value


def max_abs_scaler(model: Any, program: Program, value: int) -> int:
    """`x / scale_`, clipped to -1 and 1 on demand."""
    value = _by_column("divide", model.scale_, program, value)
    # `clip` came with scikit-learn 1.8.
    if getattr(model, "clip", False):
        value = program.add("clip", value, low=-1.0, high=1.0)
    return value


def robust_scaler(model: Any, program: Program, value: int) -> int:
    """`(x - center_) / scale_`"""
    if model.with_centering:
        value = _by_column("subtract", model.center_, program, value)
    if model.with_scaling:
        value = _by_column("divide", model.scale_, program, value)
    return value


def _by_column(operation: str, numbers: Any, program: Program, value: int) -> int:
    constant = program.array("f64", [float(number) for number in numbers])
    return program.add(operation, value, arrays={"constant": constant})
