"""Discriminant analysis."""

from __future__ import annotations

from math import log
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.likelihood import likeliest, logarithms
from emel.lowering.linear import linear_planes, linear_scores, one_versus_rest
from emel.lowering.values import Outputs, Value


def linear_discriminant(model: Any, program: Program, value: Value) -> Outputs:
    """Linear scores: logistic function for two classes, softmax for more."""
    scores = linear_scores(model, program, value)
    if scores.width == 1:
        probabilities = one_versus_rest(program, program.add("logistic", scores))
    else:
        probabilities = program.add("softmax", scores)
    return Outputs(tuple(model.classes_.tolist()), probabilities, scores)


def linear_discriminant_transform(model: Any, program: Program, value: Value) -> Value:
    """The directions that tell the classes apart."""
    if model.solver == "lsqr":
        raise UnsupportedModelError(
            "LinearDiscriminantAnalysis(solver='lsqr') transforms nothing", hint="train it with solver='svd'"
        )
    if model.solver == "svd":
        value = program.columnwise("subtract", value, model.xbar_)
    directions = model.scalings_.T[: model._max_components]
    return linear_planes(program, value, directions, [0.0] * len(directions))


def quadratic_discriminant(model: Any, program: Program, value: Value) -> Outputs:
    """The distance to each class's mean, along and in units of its own axes."""
    axes = []
    constants = []
    for mean, rotation, scaling in zip(model.means_, model.rotations_, model.scalings_, strict=True):
        around = program.columnwise("subtract", value, mean)
        directions = (rotation * scaling**-0.5).T
        axes.append(linear_planes(program, around, directions, [0.0] * len(directions)))
        constants.append(sum(map(log, scaling.tolist())))
    count = len(constants)
    arrays = {"counts": program.array("u32", [each.width for each in axes])}
    scores = program.add("square_sums", program.concat(axes), width=count, arrays=arrays)
    scores = program.columnwise("add", scores, constants)
    scores = program.columnwise("multiply", scores, [-0.5] * count)
    return from_class_scores(
        model, program, program.columnwise("add", scores, logarithms(model.priors_.tolist()))
    )


def from_class_scores(model: Any, program: Program, scores: Value) -> Outputs:
    """The outputs where there is a score per class; for two classes, scikit-learn tells their difference."""
    binary = scores.width == 2
    difference = linear_planes(program, scores, [-1.0, 1.0], [0.0]) if binary else scores
    outputs = likeliest(model.classes_.tolist(), program, scores)
    return outputs._replace(probabilities=program.add("softmax", scores), scores=difference)


TRANSFORMERS = {"sklearn.LinearDiscriminantAnalysis": linear_discriminant_transform}
PREDICTORS = {
    "sklearn.LinearDiscriminantAnalysis": linear_discriminant,
    "sklearn.QuadraticDiscriminantAnalysis": quadratic_discriminant,
}
