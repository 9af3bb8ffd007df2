"""Naive Bayes: the log of the joint likelihood of each class, and the softmax of these."""

from __future__ import annotations

from math import exp, log, pi
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.likelihood import likeliest, logarithms
from emel.lowering.linear import linear_planes
from emel.lowering.values import Outputs, Value


def gaussian(model: Any, program: Program, value: Value) -> Outputs:
    """A normal distribution for each class and column."""
    variances = model.var_
    constants = [-0.5 * sum(log(2.0 * pi * number) for number in line) for line in variances.tolist()]
    arrays = {
        "points": program.array("f64", model.theta_),
        "variances": program.array("f64", variances),
    }
    count = len(constants)
    value = program.add("square_distances", value, width=count, arrays=arrays, count=count)
    value = program.columnwise("multiply", value, [-0.5] * count)
    value = program.columnwise("add", value, constants)
    return likeliest(
        model.classes_.tolist(),
        program,
        program.columnwise("add", value, logarithms(model.class_prior_.tolist())),
    )


def multinomial(model: Any, program: Program, value: Value) -> Outputs:
    """Counts, or their like."""
    scores = linear_planes(program, value, model.feature_log_prob_, model.class_log_prior_)
    return likeliest(model.classes_.tolist(), program, scores)


def complement(model: Any, program: Program, value: Value) -> Outputs:
    """Counts, by the weights of all other classes; the prior counts only where there is one class."""
    count = len(model.classes_)
    priors = model.class_log_prior_ if count == 1 else [0.0] * count
    return likeliest(
        model.classes_.tolist(), program, linear_planes(program, value, model.feature_log_prob_, priors)
    )


def bernoulli(model: Any, program: Program, value: Value) -> Outputs:
    """Zeros and ones, which it makes of the row itself where it has a threshold."""
    if model.binarize is not None:
        threshold = float(model.binarize)
        program.note_thresholds(value, [(place, threshold) for place in range(value.width)])
        value = program.add("exceeds", value, missing=False, threshold=threshold)
    elif (model.feature_log_prob_ >= 0.0).any():
        raise UnsupportedModelError(
            "BernoulliNB(binarize=None) was trained on numbers other than 0 and 1",
            hint="give it a threshold, such as binarize=0.5",
        )
    coefficients, intercepts = [], []
    for line, prior in zip(model.feature_log_prob_.tolist(), model.class_log_prior_.tolist(), strict=True):
        absent = [log(1.0 - exp(number)) for number in line]
        coefficients += [number - other for number, other in zip(line, absent, strict=True)]
        intercepts.append(prior + sum(absent))
    return likeliest(
        model.classes_.tolist(), program, linear_planes(program, value, coefficients, intercepts)
    )


def categorical(model: Any, program: Program, value: Value) -> Outputs:
    """A table of categories for each column."""
    scores: list[float] = []
    counts = []
    for place, table in enumerate(model.feature_log_prob_):
        scores += table.T.ravel().tolist()
        counts.append(table.shape[1])
        program.note_categories(value, place, map(float, range(table.shape[1])))
    width = len(model.classes_)
    arrays = {
        "scores": program.array("f64", scores, (len(scores) // width, width)),
        "counts": program.array("u32", counts),
        "priors": program.array("f64", model.class_log_prior_),
    }
    return likeliest(
        model.classes_.tolist(), program, program.add("category_scores", value, width=width, arrays=arrays)
    )


PREDICTORS = {
    "sklearn.GaussianNB": gaussian,
    "sklearn.MultinomialNB": multinomial,
    "sklearn.ComplementNB": complement,
    "sklearn.BernoulliNB": bernoulli,
    "sklearn.CategoricalNB": categorical,
}
