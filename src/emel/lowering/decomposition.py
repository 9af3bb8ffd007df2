"""Projections: onto components, at random, and into what they explain."""

from __future__ import annotations

import importlib
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.linear import linear_planes
from emel.lowering.values import Outputs, Value

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


def projection(model: Any, program: Program, value: Value) -> Value:
    """`X @ components_.T`; random components may be sparse."""
    components = model.components_
    return _onto(program, value, components.toarray() if hasattr(components, "toarray") else components)


def independent_components(model: Any, program: Program, value: Value) -> Value:
    """FastICA: the same, around the mean where it whitens."""
    if model.whiten:
        value = program.columnwise("subtract", value, model.mean_)
    return _onto(program, value, model.components_)


def factors(model: Any, program: Program, value: Value) -> Value:
    """The expected factors (Barber, Bayesian Reasoning and Machine Learning, 21.2.33)."""
    numpy = importlib.import_module("numpy")
    weights = model.components_ / model.noise_variance_
    covariance = numpy.linalg.inv(numpy.eye(len(weights)) + weights @ model.components_.T)
    around = program.columnwise("subtract", value, model.mean_)
    return _onto(program, _onto(program, around, weights), covariance.T)


def sparse_components(model: Any, program: Program, value: Value) -> Value:
    """SparsePCA: a ridge regression of the row on the components."""
    numpy = importlib.import_module("numpy")
    components = model.components_
    gram = components @ components.T + model.ridge_alpha * numpy.eye(len(components))
    around = program.columnwise("subtract", value, model.mean_)
    return _onto(program, around, numpy.linalg.solve(gram, components))


def hidden_units(model: Any, program: Program, value: Value) -> Value:
    """BernoulliRBM: the probabilities of the hidden units."""
    scores = linear_planes(program, value, model.components_, model.intercept_hidden_)
    return program.add("logistic", scores)


def pooled_features(model: Any, program: Program, value: Value) -> Value:
    """FeatureAgglomeration: the mean of each group of features."""
    groups = model.labels_.tolist()
    if getattr(model.pooling_func, "__name__", "") != "mean":
        raise UnsupportedModelError("FeatureAgglomeration pools by code of its own", hint="use numpy.mean")
    planes = [[float(group == each) for group in groups] for each in range(model.n_clusters_)]
    sums = _onto(program, value, [number for plane in planes for number in plane], len(planes))
    return program.columnwise("divide", sums, [sum(plane) for plane in planes])


def latent_regression(model: Any, program: Program, value: Value) -> Outputs:
    """PLS and CCA: a linear model around the mean."""
    around = program.columnwise("subtract", value, model._x_mean)
    return Outputs(value=linear_planes(program, around, model.coef_, model.intercept_))


def latent_scores(model: Any, program: Program, value: Value) -> Value:
    """PLS and CCA: the scores of the row."""
    around = program.columnwise("subtract", value, model._x_mean)
    return _onto(program, program.columnwise("divide", around, model._x_std), model.x_rotations_.T)


def _onto(program: Program, value: Value, directions: Any, count: int = 0) -> Value:
    return linear_planes(program, value, directions, [0.0] * (count or len(directions)))


TRANSFORMERS = {
    "sklearn.PCA": principal_components,
    "sklearn.IncrementalPCA": principal_components,
    "sklearn.FactorAnalysis": factors,
    "sklearn.FastICA": independent_components,
    "sklearn.FeatureAgglomeration": pooled_features,
    "sklearn.SparsePCA": sparse_components,
    "sklearn.MiniBatchSparsePCA": sparse_components,
    "sklearn.BernoulliRBM": hidden_units,
    **dict.fromkeys(
        (
            "sklearn.TruncatedSVD",
            "sklearn.GaussianRandomProjection",
            "sklearn.SparseRandomProjection",
            "sklearn.NeighborhoodComponentsAnalysis",
        ),
        projection,
    ),
    **dict.fromkeys(("sklearn.PLSRegression", "sklearn.PLSCanonical", "sklearn.CCA"), latent_scores),
}
PREDICTORS = dict.fromkeys(
    ("sklearn.PLSRegression", "sklearn.PLSCanonical", "sklearn.CCA"), latent_regression
)
