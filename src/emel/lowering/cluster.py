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
    return _distances(program, value, model.cluster_centers_)


def _distances(program: Program, value: Value, centers: Any) -> Value:
    arrays = {"points": program.array("f64", centers)}
    squares = program.add("square_distances", value, width=len(centers), arrays=arrays, count=len(centers))
    return program.add("square_root", squares)


def nearness(program: Program, value: Value, centers: Any) -> Value:
    """For each center c, 2 x·c - c·c: the square of its distance, turned round and without x·x. It is what
    scikit-learn compares."""
    return linear_planes(program, value, 2.0 * centers, [-center @ center for center in centers])


def nearest_subcluster(model: Any, program: Program, value: Value) -> Outputs:
    """Birch: the cluster of the nearest center of a part of one."""
    nearest = program.add("argmax", nearness(program, value, model.subcluster_centers_), width=1)
    labels = [int(label) for label in model.subcluster_labels_.tolist()]
    known = sorted(set(labels))
    places = [known.index(label) for label in labels]
    arrays = {"numbers": program.array("f64", places)}
    return Outputs(tuple(known), label=program.add("lookup", nearest, width=1, arrays=arrays))


def distances_to_subclusters(model: Any, program: Program, value: Value) -> Value:
    """Birch: the distance to each of these centers."""
    return _distances(program, value, model.subcluster_centers_)


TRANSFORMERS = {
    "sklearn.Birch": distances_to_subclusters,
    "sklearn.KMeans": distances_to_centers,
    "sklearn.MiniBatchKMeans": distances_to_centers,
}
PREDICTORS = {
    "sklearn.KMeans": nearest_center,
    "sklearn.MiniBatchKMeans": nearest_center,
    "sklearn.AffinityPropagation": nearest_center,
    "sklearn.MeanShift": nearest_center,
    "sklearn.Birch": nearest_subcluster,
}
