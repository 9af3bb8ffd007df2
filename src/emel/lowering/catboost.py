"""CatBoost, read from its own JSON: symmetric trees and others.

It rounds values to float32, sends those above a border right, and adds leaves in float64
(catboost/libs/model/cpu/evaluator_impl.cpp).
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.catboost_features import Features, features_of
from emel.lowering.nodes import Arithmetic, Tree, tree_sum
from emel.lowering.values import Outputs, Value

LABELS = {"MultiClass", "MultiClassOneVsAll", "Logloss", "CrossEntropy", "Focal"}
EXPONENTIAL = {"Poisson", "Tweedie"}
PLAIN = {
    "RMSE",
    "MAE",
    "MAPE",
    "Quantile",
    "MultiQuantile",
    "LogLinQuantile",
    "Expectile",
    "Lq",
    "Huber",
    "LogCosh",
    "MultiRMSE",
    "MultiRMSEWithMissingValues",
    "Cox",
    "YetiRank",
    "YetiRankPairwise",
    "QueryRMSE",
    "QuerySoftMax",
    "PairLogit",
    "PairLogitPairwise",
    "StochasticRank",
    "LambdaMart",
}


def classifier(model: Any, program: Program, value: Value) -> Outputs:
    """Logistic function or softmax of the scores."""
    scores, loss = _scores(model, program, value)
    labels = tuple(model.classes_.tolist())
    if loss not in LABELS or scores.width not in (1, len(labels)):
        raise _refusal(model, f"has the loss {loss!r}, whose link is not known here")
    if scores.width == 1:
        shares = program.add("complement", program.add("logistic", scores), width=2)
        border = model.get_probability_threshold()
        if border not in (None, 0.5):
            raise _refusal(model, f"has a probability threshold of its own, {border}")
        return Outputs(labels, probabilities=shares, label=program.add("positive", scores))
    link = "logistic" if loss == "MultiClassOneVsAll" else "softmax"
    label = program.add("argmax", scores, width=1)
    return Outputs(labels, probabilities=program.add(link, scores), label=label)


def regressor(model: Any, program: Program, value: Value) -> Outputs:
    """Numbers of a regressor or ranker."""
    scores, loss = _scores(model, program, value)
    if loss in EXPONENTIAL:
        return Outputs(value=program.add("exponential", scores))
    if loss in PLAIN:
        return Outputs(value=scores)
    raise _refusal(model, f"has the loss {loss!r}, whose link is not known here")


def either(model: Any, program: Program, value: Value) -> Outputs:
    """A `CatBoost` of no kind: what it predicts by default is the scores."""
    scores, _ = _scores(model, program, value)
    return Outputs(value=scores)


def _scores(model: Any, program: Program, value: Value) -> tuple[Value, str]:
    kept = _kept(model)
    features = features_of(model, kept, program, value)
    scale, biases = kept["scale_and_bias"]
    write = _symmetric if "oblivious_trees" in kept else _others
    value = write(kept, features, program)
    if scale != 1:
        value = program.columnwise("multiply", value, [scale] * value.width)
    if any(biases):
        value = program.columnwise("add", value, biases)
    return value, kept["model_info"]["params"]["loss_function"]["type"]


def _kept(model: Any) -> dict[str, Any]:
    for kind in ("text", "embedding"):
        if getattr(model, f"get_{kind}_feature_indices")():
            raise _refusal(model, f"has {kind} features, which CatBoost writes in its own format alone")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.json"
        model.save_model(str(file), format="json")
        kept: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return kept


def _symmetric(kept: dict[str, Any], features: Features, program: Program) -> Value:
    """Trees whose nodes of one depth all ask the same; without a split a tree is one leaf."""
    value = features.value
    trees = kept["oblivious_trees"]
    splits = [features.question(split) for tree in trees for split in tree.get("splits") or ()]
    width = len(kept["scale_and_bias"][1])
    program.note_thresholds(value, splits)
    leaves = [number for tree in trees for number in tree["leaf_values"]]
    arrays = {
        "depths": program.array("u32", [len(tree.get("splits") or ()) for tree in trees]),
        "features": program.array("u32", [place for place, _ in splits]),
        "borders": program.array("f64", [border for _, border in splits]),
        "leaves": program.array("f64", leaves, (len(leaves) // width, width)),
    }
    if value.missing:
        high = [int(place in features.high) for place in range(value.width)]
        arrays["missing_high"] = program.array("u8", high)
    return program.add(
        "symmetric_trees", value, width=width, arrays=arrays, missing=False, inputs=value.width, outputs=width
    )


def _others(kept: dict[str, Any], features: Features, program: Program) -> Value:
    width = len(kept["scale_and_bias"][1])
    trees = [_tree(root, features, width) for root in kept["trees"]]
    start = [0.0] * width
    return tree_sum(program, features.value, trees, [0] * len(trees), start, Arithmetic(values="f32"), width)


def _tree(root: dict[str, Any], features: Features, width: int) -> Tree:
    nodes, lefts, rights = [root], [-1], [-1]
    for place, node in enumerate(nodes):
        if "split" in node:
            lefts[place], rights[place] = len(nodes), len(nodes) + 1
            nodes += [node["left"], node["right"]]
            lefts += [-1, -1]
            rights += [-1, -1]
    splits = [features.question(node["split"]) if "split" in node else (0, 0.0) for node in nodes]
    values = [node.get("value", 0.0) for node in nodes]
    return Tree(
        lefts,
        rights,
        features=[place for place, _ in splits],
        thresholds=[border for _, border in splits],
        gaps=[place not in features.high for place, _ in splits],
        leaves=[each if isinstance(each, list) else [each] * width for each in values],
    )


def _refusal(model: Any, reason: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"catboost.{type(model).__name__} {reason}",
        hint="train it without that, or leave the tier to emel",
    )


PREDICTORS = {
    "catboost.CatBoostClassifier": classifier,
    "catboost.CatBoostRegressor": regressor,
    "catboost.CatBoostRanker": either,
    "catboost.CatBoost": either,
}
