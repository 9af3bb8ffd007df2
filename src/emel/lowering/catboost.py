"""CatBoost, read from its own JSON: numeric features, in symmetric trees and in others.

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
from emel.lowering.nodes import Arithmetic, Tree, tree_sum
from emel.lowering.values import Outputs, Value

LABELS = {"MultiClass", "MultiClassOneVsAll", "Logloss", "CrossEntropy"}
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
    features = kept["features_info"]
    for kind in ("categorical_features", "text_features", "embedding_features"):
        if features.get(kind):
            raise _refusal(model, f"has {kind.replace('_', ' ')}, whose hashes cannot be read back")
    numeric = features["float_features"]
    columns = [entry["flat_feature_index"] for entry in numeric]
    high = [entry["nan_value_treatment"] == "AsTrue" for entry in numeric]
    scale, biases = kept["scale_and_bias"]
    write = _symmetric if "oblivious_trees" in kept else _others
    value = write(kept, columns, high, program, value)
    if scale != 1:
        value = program.columnwise("multiply", value, [scale] * value.width)
    if any(biases):
        value = program.columnwise("add", value, biases)
    return value, kept["model_info"]["params"]["loss_function"]["type"]


def _kept(model: Any) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.json"
        model.save_model(str(file), format="json")
        kept: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return kept


def _symmetric(
    kept: dict[str, Any], columns: list[int], high: list[bool], program: Program, value: Value
) -> Value:
    """Trees whose nodes of one depth all ask the same; without a split a tree is one leaf."""
    value = program.dense(value)
    trees = kept["oblivious_trees"]
    splits = [split for tree in trees for split in tree.get("splits") or ()]
    width = len(kept["scale_and_bias"][1])
    places = [columns[split["float_feature_index"]] for split in splits]
    borders = [float(split["border"]) for split in splits]
    program.note_thresholds(value, zip(places, borders, strict=True))
    leaves = [number for tree in trees for number in tree["leaf_values"]]
    arrays = {
        "depths": program.array("u32", [len(tree.get("splits") or ()) for tree in trees]),
        "features": program.array("u32", places),
        "borders": program.array("f64", borders),
        "leaves": program.array("f64", leaves, (len(leaves) // width, width)),
    }
    if value.missing:
        arrays["missing_high"] = program.array("u8", _by_column(columns, high, value.width))
    return program.add(
        "symmetric_trees", value, width=width, arrays=arrays, missing=False, inputs=value.width, outputs=width
    )


def _by_column(columns: list[int], high: list[bool], width: int) -> list[int]:
    found = dict(zip(columns, high, strict=True))
    return [int(found.get(column, False)) for column in range(width)]


def _others(
    kept: dict[str, Any], columns: list[int], high: list[bool], program: Program, value: Value
) -> Value:
    width = len(kept["scale_and_bias"][1])
    trees = [_tree(root, columns, high, width) for root in kept["trees"]]
    start = [0.0] * width
    return tree_sum(program, value, trees, [0] * len(trees), start, Arithmetic(values="f32"), width)


def _tree(root: dict[str, Any], columns: list[int], high: list[bool], width: int) -> Tree:
    nodes, lefts, rights = [root], [-1], [-1]
    for place, node in enumerate(nodes):
        if "split" in node:
            lefts[place], rights[place] = len(nodes), len(nodes) + 1
            nodes += [node["left"], node["right"]]
            lefts += [-1, -1]
            rights += [-1, -1]
    splits = [node.get("split", {"float_feature_index": 0, "border": 0.0}) for node in nodes]
    values = [node.get("value", 0.0) for node in nodes]
    return Tree(
        lefts,
        rights,
        features=[columns[split["float_feature_index"]] for split in splits],
        thresholds=[float(split["border"]) for split in splits],
        gaps=[not high[split["float_feature_index"]] for split in splits],
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
