"""Projections onto components."""

from __future__ import annotations

from typing import Any

from emel.lowering.builder import Program
from emel.lowering.linear import linear_planes
from emel.lowering.values import Value

SMALLEST = {"float32": 2.0**-23, "float64": 2.0**-52}
"""What scikit-learn takes for the smallest scale: the distance from 1 to the next number."""


def principal_components(model: Any, program: Program, value: Value) -> Value:
    """`(X - mean_) @ components_.T`, in units of each component's deviation where it whitens."""
    components = model.components_
    value = linear_planes(program, value, components, -(components @ model.mean_))
    if not model.whiten:
        return value
    scales = model.explained_variance_**0.5
    smallest = SMALLEST[str(scales.dtype)]
    return program.columnwise("divide", value, [max(scale, smallest) for scale in scales.tolist()])


def singular_vectors(model: Any, program: Program, value: Value) -> Value:
    """`X @ components_.T`"""
    return linear_planes(program, value, model.components_, [0.0] * len(model.components_))


TRANSFORMERS = {
    "sklearn.PCA": principal_components,
    "sklearn.IncrementalPCA": principal_components,
    "sklearn.TruncatedSVD": singular_vectors,
}
