"""LightGBM: its estimators and native boosters, read from the booster's own dump.

It compares float64 values with float64 thresholds, takes values of up to 1e-35 for zero, and adds leaves in
float64 (include/LightGBM/tree.h, `NumericalDecision` and `CategoricalDecision`).
"""

from __future__ import annotations

from math import inf, nextafter
from typing import Any, NamedTuple

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.categories import encode_frame
from emel.lowering.nodes import Arithmetic, Tree, tree_sum
from emel.lowering.values import Outputs, Value
from emel_runtime.habits import lightgbm_categories

ZERO = 1.0000000180025095e-35
"""LightGBM's kZeroThreshold, the float32 nearest to 1e-35: what is not beyond it is read as zero."""
PLAIN = {
    "regression",
    "regression_l1",
    "huber",
    "fair",
    "quantile",
    "mape",
    "lambdarank",
    "rank_xendcg",
    "custom",
    "none",
}
"""Objectives whose answer is the sum itself."""
EXPONENTIAL = {"poisson", "gamma", "tweedie"}


class Objective(NamedTuple):
    """What a model was trained for: `binary sigmoid:1`."""

    name: str
    settings: dict[str, str]
    flags: frozenset[str]


def classifier(model: Any, program: Program, value: Value) -> Outputs:
    """Probabilities of the classes, and the label of the largest one."""
    if callable(model.objective):
        raise _refusal(model, "has an objective of the user's own, so that it gives scores only")
    scores, objective = _scores(model, model.booster_, program, value)
    shares = _answers(model, objective, program, scores)
    if shares.width == 1:
        shares = program.add("complement", shares, width=2)
    # `predict` takes the larger probability, and what the scores say may differ where both are rounded.
    label = program.add("argmax", shares, width=1)
    # `decision_function` came with LightGBM 4.7.
    raw = scores if hasattr(model, "decision_function") else None
    return Outputs(tuple(model.classes_.tolist()), probabilities=shares, scores=raw, label=label)


def regressor(model: Any, program: Program, value: Value) -> Outputs:
    """Numbers of a regressor or ranker."""
    scores, objective = _scores(model, model.booster_, program, value)
    return Outputs(value=_answers(model, objective, program, scores))


def booster(model: Any, program: Program, value: Value) -> Outputs:
    """What `Booster.predict` gives: numbers, one per class where there are several."""
    scores, objective = _scores(model, model, program, value)
    return Outputs(value=_answers(model, objective, program, scores))


def _scores(model: Any, native: Any, program: Program, value: Value) -> tuple[Value, Objective]:
    dump = native.dump_model()
    if native.pandas_categorical:
        value = _coded(model, native, program, value)
    trees = [entry["tree_structure"] for entry in dump["tree_info"]]
    nodes = [_flat(model, tree) for tree in trees]
    kinds = {node["missing_type"] for tree in nodes for node in tree if node.get("decision_type") == "<="}
    if "Zero" in kinds:
        if kinds != {"Zero"}:
            raise _refusal(model, "takes zeros for missing in some of its trees only")
        value = program.add("hide", value, origins=value.origins, missing=True, low=-ZERO, high=ZERO)
    width = dump["num_tree_per_iteration"]
    targets = [place % width for place in range(len(trees))]
    read = [_tree(tree) for tree in nodes]
    scores = tree_sum(program, value, read, targets, [0.0] * width, Arithmetic(values="f64"))
    if dump.get("average_output"):
        scores = program.columnwise("divide", scores, [len(trees) // width] * width)
    return scores, _objective(dump)


def _coded(model: Any, native: Any, program: Program, value: Value) -> Value:
    """Categories of pandas as their numbers; ordered ones are numbers to LightGBM too, which tells no places
    of them."""
    places, known = lightgbm_categories(native), native.pandas_categorical
    if len(places) != len(known):
        raise _refusal(model, "was trained on ordered categories of pandas, or on numbers as categories too")
    return encode_frame(program, value, dict(zip(places, known, strict=True)), refuse=False)


def _flat(model: Any, root: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes of a tree; the children of an inner one are given by their places, `left` and `right`."""
    found = [root]
    for node in found:
        if "leaf_coeff" in node:
            raise _refusal(model, "has linear models in its leaves (linear_tree)")
        if "split_feature" in node:
            node["left"], node["right"] = len(found), len(found) + 1
            found += [node["left_child"], node["right_child"]]
    return found


def _tree(nodes: list[dict[str, Any]]) -> Tree:
    return Tree(
        lefts=[node.get("left", -1) for node in nodes],
        rights=[node.get("right", -1) for node in nodes],
        features=[node.get("split_feature", -1) for node in nodes],
        thresholds=[_threshold(node) for node in nodes],
        gaps=[_gap(node) for node in nodes],
        leaves=[[node.get("leaf_value", 0.0)] for node in nodes],
        members={
            place: [int(code) for code in node["threshold"].split("||")]
            for place, node in enumerate(nodes)
            if node.get("decision_type") == "=="
        },
    )


def _threshold(node: dict[str, Any]) -> float:
    """The threshold for values as they are, those that are read as zero among them."""
    if node.get("decision_type") != "<=":
        return 0.0
    threshold = float(node["threshold"])
    if not -ZERO <= threshold <= ZERO:
        return threshold
    return ZERO if threshold >= 0.0 else nextafter(-ZERO, -inf)


def _gap(node: dict[str, Any]) -> bool:
    """Whether a missing value goes left. One that training never saw is zero, and in no set."""
    if node.get("decision_type") != "<=":
        return False
    if node["missing_type"] == "None":
        return float(node["threshold"]) >= 0.0
    return bool(node["default_left"])


def _objective(dump: dict[str, Any]) -> Objective:
    name, *rest = (dump.get("objective") or "none").split()
    settings = dict(entry.split(":", 1) for entry in rest if ":" in entry)
    return Objective(name, settings, frozenset(entry for entry in rest if ":" not in entry))


def _answers(model: Any, objective: Objective, program: Program, scores: Value) -> Value:
    """What LightGBM's `ConvertOutput` makes of the sums."""
    name = objective.name
    if "sqrt" in objective.flags:
        return program.add("signed_square", scores)
    if name in PLAIN:
        return scores
    if name in EXPONENTIAL:
        return program.add("exponential", scores)
    if name == "multiclass":
        return program.add("softmax", scores)
    if name in ("binary", "multiclassova"):
        slope = float(objective.settings.get("sigmoid", 1.0))
        return program.add("logistic", program.columnwise("multiply", scores, [slope] * scores.width))
    if name == "cross_entropy":
        return program.add("logistic", scores)
    if name == "cross_entropy_lambda":
        return program.add("softplus", scores)
    raise _refusal(model, f"has the objective {name!r}, whose link is not known here")


def _refusal(model: Any, reason: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"{type(model).__module__.partition('.')[0]}.{type(model).__name__} {reason}",
        hint="train it without that, or leave the tier to emel",
    )


PREDICTORS = {
    "lightgbm.LGBMClassifier": classifier,
    "lightgbm.LGBMRegressor": regressor,
    "lightgbm.LGBMRanker": regressor,
    "lightgbm.Booster": booster,
}
