"""Mixtures of normal distributions."""

from __future__ import annotations

import importlib
from math import log, pi
from typing import Any

from emel.lowering.builder import Program
from emel.lowering.likelihood import likeliest, logarithms
from emel.lowering.linear import linear_planes
from emel.lowering.values import Outputs, Value


def gaussian_mixture(model: Any, program: Program, value: Value) -> Outputs:
    """The number of the likeliest component, and the probabilities of all."""
    return _likeliest(model, program, value, [0.0] * len(model.means_), logarithms(model.weights_.tolist()))


def bayesian_mixture(model: Any, program: Program, value: Value) -> Outputs:
    """The same with what the uncertainty of the weights and of the precisions adds."""
    digamma = importlib.import_module("scipy.special").digamma
    width = value.width
    freedom = _for_each(model.degrees_of_freedom_, len(model.means_))
    precision = _for_each(model.mean_precision_, len(model.means_))
    added = [
        0.5 * (sum(float(digamma(0.5 * (degrees - place))) for place in range(width)) + width * log(2.0))
        - 0.5 * width * log(degrees)
        - 0.5 * width / precise
        for degrees, precise in zip(freedom, precision, strict=True)
    ]
    return _likeliest(model, program, value, added, model._estimate_log_weights().tolist())


def _for_each(numbers: Any, count: int) -> list[float]:
    listed = numbers.tolist() if hasattr(numbers, "tolist") else numbers
    return listed if isinstance(listed, list) else [float(listed)] * count


def _likeliest(
    model: Any, program: Program, value: Value, added: list[float], weights: list[float]
) -> Outputs:
    read = _along_axes if model.covariance_type in ("full", "tied") else _by_column
    squares, determinants = read(model, program, value)
    count = squares.width
    scores = program.columnwise("add", squares, [value.width * log(2.0 * pi)] * count)
    scores = program.columnwise("multiply", scores, [-0.5] * count)
    scores = program.columnwise("add", scores, determinants)
    if any(added):
        scores = program.columnwise("add", scores, added)
    scores = program.columnwise("add", scores, weights)
    return likeliest(range(count), program, scores)


def _along_axes(model: Any, program: Program, value: Value) -> tuple[Value, list[float]]:
    """Squared distances along the axes of each component, and the logs of the determinants."""
    factors = model.precisions_cholesky_
    count = len(model.means_)
    each = [factors] * count if model.covariance_type == "tied" else list(factors)
    planes: list[float] = []
    shifts: list[float] = []
    for mean, factor in zip(model.means_, each, strict=True):
        planes += factor.T.ravel().tolist()
        shifts += (-(mean @ factor)).tolist()
    axes = linear_planes(program, value, planes, shifts)
    arrays = {"counts": program.array("u32", [value.width] * count)}
    squares = program.add("square_sums", axes, width=count, arrays=arrays)
    return squares, [sum(map(log, factor.diagonal().tolist())) for factor in each]


def _by_column(model: Any, program: Program, value: Value) -> tuple[Value, list[float]]:
    """The same where the axes are the columns; a spherical component has one number for all of them."""
    spherical = model.covariance_type == "spherical"
    factors = [[one] * value.width if spherical else one for one in model.precisions_cholesky_.tolist()]
    count = len(factors)
    variances = [1.0 / (number * number) for line in factors for number in line]
    arrays = {
        "points": program.array("f64", model.means_),
        "variances": program.array("f64", variances, (count, value.width)),
    }
    squares = program.add("square_distances", value, width=count, arrays=arrays, count=count)
    return squares, [sum(map(log, line)) for line in factors]


PREDICTORS = {
    "sklearn.GaussianMixture": gaussian_mixture,
    "sklearn.BayesianGaussianMixture": bayesian_mixture,
}
