"""Clusters around centers."""

from __future__ import annotations

from typing import Any

from emel.lowering.builder import Program
from emel.lowering.linear import linear_planes
from emel.lowering.values import Outputs, Value


def nearest_center(model: Any, program: Program, value: Value) -> Outputs:
    """The number of the nearest center, of equally near ones the first."""
    label = program.add("argmax", nearness(program, value, model.cluster_centers_), width=1)
    return Outputs(tuple(range(len(model.cluster_centers_))), label=label)


def distances_to_centers(model: Any, program: Program, value: Value) -> Value:
    """The distance to each center."""
    count = len(model.cluster_centers_)
    arrays = {"points": program.array("f64", model.cluster_centers_)}
    squares = program.add("square_distances", value, width=count, arrays=arrays, count=count)
    return program.add("square_root", squares)


def nearness(program: Program, value: Value, centers: Any) -> Value:
    """For each center c, 2 x·c - c·c: the square of its distance, turned round and without x·x. It is what
    scikit-learn compares."""
    return linear_planes(program, value, 2.0 * centers, [-center @ center for center in centers])


TRANSFORMERS = {
    "sklearn.KMeans": distances_to_centers,
    "sklearn.MiniBatchKMeans": distances_to_centers,
}
PREDICTORS = {"sklearn.KMeans": nearest_center, "sklearn.MiniBatchKMeans": nearest_center}
