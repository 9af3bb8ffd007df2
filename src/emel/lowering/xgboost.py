"""XGBoost: its estimators and native boosters, read from the booster's own JSON.

It rounds values to float32, sends those below a threshold left, and adds leaves in float32 to the base
score (src/predictor/cpu_predictor.cc, src/tree/tree_view.h).
"""

from __future__ import annotations

import json
from math import isnan, log
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.categories import encode_frame
from emel.lowering.nodes import Arithmetic, Tree, single, single_below, tree_sum
from emel.lowering.values import Outputs, Value
from emel_runtime.habits import legible, xgboost_categories

IN_SINGLE = Arithmetic(values="f32", sums="f32", infinite=False)
LOGISTIC = {"binary:logistic", "reg:logistic"}
EXPONENTIAL = {"count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft"}
PLAIN = {
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:pseudohubererror",
    "reg:absoluteerror",
    "reg:quantileerror",
    "reg:expectileerror",
    "binary:logitraw",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
}
"""Objectives whose answer is the sum itself."""


def classifier(model: Any, program: Program, value: Value) -> Outputs:
    """Probabilities of the classes, and the label that they say."""
    objective, scores = _scores(model, model.get_booster(), program, _without(model, program, value))
    labels = tuple(model.classes_.tolist())
    if objective == "binary:logistic" and scores.width > 1:
        return Outputs(parts=_each_label(program, _answers(model, objective, program, scores)))
    if scores.width not in (1, len(labels)) or objective == "multi:softmax" or not labels:
        raise _refusal(model, f"has {scores.width} outputs for {len(labels)} classes with {objective}")
    shares = _answers(model, objective, program, scores)
    if scores.width > 1:
        return Outputs(labels, probabilities=shares)
    label = program.add("positive", program.columnwise("subtract", shares, [0.5]))
    both = program.add("single", program.add("complement", shares, width=2))
    return Outputs(labels, probabilities=both, label=label)


def _each_label(program: Program, shares: Value) -> tuple[Outputs, ...]:
    """Several labels a row, each of which a row has or has not."""
    each = [program.select(shares, [place]) for place in range(shares.width)]
    return tuple(
        Outputs((0.0, 1.0), label=program.add("positive", program.columnwise("subtract", share, [0.5])))
        for share in each
    )


def regressor(model: Any, program: Program, value: Value) -> Outputs:
    """Numbers of a regressor or ranker."""
    objective, scores = _scores(model, model.get_booster(), program, _without(model, program, value))
    return Outputs(value=_answers(model, objective, program, scores))


def booster(model: Any, program: Program, value: Value) -> Outputs:
    """What `Booster.predict` gives: numbers, one per class where there are several."""
    objective, scores = _scores(model, model, program, value)
    return Outputs(value=_answers(model, objective, program, scores))


def _without(model: Any, program: Program, value: Value) -> Value:
    """The value with the number hidden that stands for a missing one."""
    value = program.absent(value)
    if model.missing is None or isnan(model.missing):
        return value
    number = single(model.missing)
    value = program.add("single", value, origins=value.origins)
    return program.add("hide", value, origins=value.origins, missing=True, low=number, high=number)


def _scores(model: Any, native: Any, program: Program, value: Value) -> tuple[str, Value]:
    learner = json.loads(native.save_raw("json"))["learner"]
    kept, weights = _kept_trees(model, learner["gradient_booster"])
    first, end = _range(model, native, kept)
    value = _coded(model, learner["gradient_booster"], program, value)
    objective = learner["objective"]["name"]
    bases = json.loads(learner["learner_model_param"]["base_score"])
    start = [_margin(objective, base) for base in (bases if isinstance(bases, list) else [bases])]
    shape = learner["learner_model_param"]
    width = max(int(shape["num_class"]), int(shape.get("num_target", 1)), 1)
    start = start * width if len(start) == 1 else start
    targets = kept["tree_info"]
    trees = [_tree(model, tree) for tree in kept["trees"]]
    if weights:
        bases = [0.0 if model is native else start[target] for target in targets]
        trees = [_weighted(*each) for each in zip(trees, weights, bases, strict=True)]
    return objective, tree_sum(program, value, trees[first:end], targets[first:end], start, IN_SINGLE)


def _coded(model: Any, booster: dict[str, Any], program: Program, value: Value) -> Value:
    """Categories of pandas as their numbers."""
    known = xgboost_categories(booster)
    if not legible(known):
        raise _refusal(model, "keeps categories with letters beyond ASCII in part only")
    places = {place: each for place, each in enumerate(known) if each}
    return encode_frame(program, value, places, refuse=True) if places else value


def _kept_trees(model: Any, kept: dict[str, Any]) -> tuple[dict[str, Any], list[float]]:
    """The trees, and what dart multiplies each with."""
    if kept["name"] == "gblinear":
        raise _refusal(model, "has a linear booster (gblinear)")
    trees = kept["gbtree"]["model"] if kept["name"] == "dart" else kept["model"]
    return trees, [single(weight) for weight in kept.get("weight_drop", [])]


def _range(model: Any, native: Any, kept: dict[str, Any]) -> tuple[int, int]:
    """The trees that `predict` uses: with early stopping those of the estimator's best rounds alone."""
    ends = kept["iteration_indptr"]
    best = getattr(model, "best_iteration", None) if model is not native else None
    return 0, ends[-1] if best is None else ends[best + 1]


def _tree(model: Any, tree: dict[str, Any]) -> Tree:
    if int(tree["tree_param"]["size_leaf_vector"]) > 1:
        raise _refusal(model, "has several numbers in a leaf (multi_output_tree)")
    lefts, rights = list(tree["left_children"]), list(tree["right_children"])
    gaps = list(tree["default_left"])
    numbers = [single(number) for number in tree["split_conditions"]]
    members = {}
    segments = zip(
        tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True
    )
    for node, start, size in segments:
        # What is in the set goes right here, and left in the tables.
        members[node] = tree["categories"][start : start + size]
        lefts[node], rights[node], gaps[node] = rights[node], lefts[node], 1 - gaps[node]
    return Tree(
        lefts,
        rights,
        tree["split_indices"],
        [single_below(number) for number in numbers],
        gaps,
        [[number] for number in numbers],
        members,
    )


def _weighted(tree: Tree, weight: float, base: float) -> Tree:
    """The tree of dart with this weight. An estimator's `predict`, unlike that of a booster, adds each leaf
    to the base score first and takes that away again, which rounds it."""
    leaves = [single(single(base + number) - base) for (number,) in tree.leaves]
    return tree._replace(leaves=[[single(single(number) * weight)] for number in leaves])


def _margin(objective: str, base: float) -> float:
    """The score that has this answer, in float32."""
    base = single(base)
    if objective in LOGISTIC:
        return single(-log(single(single(1.0 / base) - 1.0)))
    return single(log(base)) if objective in EXPONENTIAL else base


def _answers(model: Any, objective: str, program: Program, scores: Value) -> Value:
    if objective in LOGISTIC:
        return program.add("single_logistic", scores)
    if objective in EXPONENTIAL:
        return program.add("single_exponential", scores)
    if objective == "multi:softprob":
        return program.add("single_softmax", scores)
    if objective == "multi:softmax":
        return program.add("argmax", scores, width=1)
    if objective == "binary:hinge":
        return program.add("positive", scores)
    if objective in PLAIN:
        return scores
    raise _refusal(model, f"has the objective {objective!r}, whose link is not known here")


def _refusal(model: Any, reason: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"xgboost.{type(model).__name__} {reason}",
        hint="train it without that, or leave the tier to emel",
    )


PREDICTORS = {
    "xgboost.XGBClassifier": classifier,
    "xgboost.XGBRegressor": regressor,
    "xgboost.XGBRanker": regressor,
    "xgboost.Booster": booster,
}
