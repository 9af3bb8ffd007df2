"""Decision trees and the forests that average them."""

from __future__ import annotations

from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.values import Outputs, Value


def classifier_tree(model: Any, program: Program, value: Value) -> Outputs:
    """One tree that gives probabilities."""
    return _classification(model, [model], program, value)


def classifier_forest(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of the trees' probabilities."""
    return _classification(model, model.estimators_, program, value)


def regressor_tree(model: Any, program: Program, value: Value) -> Outputs:
    """One tree that gives a number."""
    return Outputs(value=_forest(model, [model], 1, program, value))


def regressor_forest(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of the trees' numbers."""
    return Outputs(value=_forest(model, model.estimators_, 1, program, value))


def _classification(model: Any, trees: list[Any], program: Program, value: Value) -> Outputs:
    if model.n_outputs_ > 1:
        raise _several_targets(model)
    labels = tuple(model.classes_.tolist())
    return Outputs(labels, probabilities=_forest(model, trees, len(labels), program, value))


def _forest(model: Any, trees: list[Any], width: int, program: Program, value: Value) -> Value:
    if model.n_outputs_ > 1:
        raise _several_targets(model)
    tables = _Tables()
    for tree in trees:
        tables.append(tree.tree_, width)
    arrays = {
        "roots": program.array("u32", tables.roots),
        "features": program.array("i32", tables.features),
        "thresholds": program.array("f64", tables.thresholds),
        "rights": program.array("u32", tables.rights),
        "leaves": program.array("f64", tables.leaves, (len(tables.leaves) // width, width)),
    }
    if value.missing:
        arrays["missing_left"] = program.array("u8", tables.missing_left)
    splits = zip(tables.features, tables.thresholds, strict=True)
    program.note_thresholds(value, [split for split in splits if split[0] >= 0])
    return program.add("forest", value, width=width, arrays=arrays, inputs=value.width, outputs=width)


class _Tables:
    """All nodes of a forest, tree after tree, depth first: the left child of a node is the next one."""

    def __init__(self) -> None:
        self.roots: list[int] = []
        self.features: list[int] = []
        self.thresholds: list[float] = []
        self.rights: list[int] = []
        self.missing_left: list[int] = []
        self.leaves: list[float] = []
        self._leaf_count = 0

    def append(self, tree: Any, width: int) -> None:
        """Add a fitted `sklearn.tree._tree.Tree`."""
        left, right = tree.children_left.tolist(), tree.children_right.tolist()
        features, thresholds = tree.feature.tolist(), tree.threshold.tolist()
        gaps = tree.missing_go_to_left.tolist()
        values = tree.value[:, 0, :width].tolist()
        self.roots.append(len(self.features))
        # scikit-learn grows best-first when `max_leaf_nodes` is given: then nodes are not depth first.
        waiting: list[tuple[int, int | None]] = [(0, None)]
        while waiting:
            node, parent = waiting.pop()
            if parent is not None:
                self.rights[parent] = len(self.features)
            while left[node] >= 0:
                waiting.append((right[node], len(self.features)))
                self._node(features[node], thresholds[node], 0, int(gaps[node]))
                node = left[node]
            self._node(-1, 0.0, self._leaf_count, 0)
            self.leaves += values[node]
            self._leaf_count += 1

    def _node(self, feature: int, threshold: float, right: int, gap: int) -> None:
        self.features.append(feature)
        self.thresholds.append(threshold)
        self.rights.append(right)
        self.missing_left.append(gap)


def _several_targets(model: Any) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"{type(model).__name__} has {model.n_outputs_} targets; the pure tier takes one",
        hint="train one model per target",
    )


PREDICTORS = {
    "sklearn.DecisionTreeClassifier": classifier_tree,
    "sklearn.RandomForestClassifier": classifier_forest,
    "sklearn.ExtraTreesClassifier": classifier_forest,
    "sklearn.DecisionTreeRegressor": regressor_tree,
    "sklearn.RandomForestRegressor": regressor_forest,
    "sklearn.ExtraTreesRegressor": regressor_forest,
}
