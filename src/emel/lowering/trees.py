"""Decision trees and the forests that average them."""

from __future__ import annotations

from typing import Any

from emel.lowering.builder import Program
from emel.lowering.nodes import Tables, Tree
from emel.lowering.values import Outputs, Value


def classifier_tree(model: Any, program: Program, value: Value) -> Outputs:
    """One tree that gives probabilities."""
    return _classification(model, [model], program, value)


def classifier_forest(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of the trees' probabilities."""
    return _classification(model, model.estimators_, program, value)


def regressor_tree(model: Any, program: Program, value: Value) -> Outputs:
    """One tree that gives one number per target."""
    return _regression([model], program, value)


def regressor_forest(model: Any, program: Program, value: Value) -> Outputs:
    """The mean of the trees' numbers."""
    return _regression(model.estimators_, program, value)


def tree_of(tree: Any, leaves: list[list[float]]) -> Tree:
    """A fitted `sklearn.tree._tree.Tree`, with what each of its nodes gives."""
    return Tree(
        tree.children_left.tolist(),
        tree.children_right.tolist(),
        tree.feature.tolist(),
        tree.threshold.tolist(),
        tree.missing_go_to_left.tolist(),
        leaves,
    )


def _classification(model: Any, members: list[Any], program: Program, value: Value) -> Outputs:
    several = model.n_outputs_ > 1
    classes = model.classes_ if several else [model.classes_]
    widths = [len(labels) for labels in classes]
    leaves = [
        [
            [number for row, width in zip(node, widths, strict=True) for number in row[:width]]
            for node in member.tree_.value.tolist()
        ]
        for member in members
    ]
    shares = _forest(members, leaves, program, value)
    if not several:
        return Outputs(tuple(classes[0].tolist()), probabilities=shares)
    ends = [sum(widths[: place + 1]) for place in range(len(widths))]
    return Outputs(
        parts=tuple(
            Outputs(
                tuple(labels.tolist()), probabilities=program.select(shares, range(end - len(labels), end))
            )
            for labels, end in zip(classes, ends, strict=True)
        )
    )


def _regression(members: list[Any], program: Program, value: Value) -> Outputs:
    leaves = [member.tree_.value[:, :, 0].tolist() for member in members]
    return Outputs(value=_forest(members, leaves, program, value))


def _forest(members: list[Any], leaves: list[list[list[float]]], program: Program, value: Value) -> Value:
    value = program.dense(value)
    width = len(leaves[0][0])
    trees = [tree_of(member.tree_, each) for member, each in zip(members, leaves, strict=True)]
    tables = Tables(trees, width)
    tables.note(program, value)
    arrays = tables.arrays(program, missing=value.missing)
    return program.add(
        "forest", value, width=width, arrays=arrays, missing=False, inputs=value.width, outputs=width
    )


PREDICTORS = {
    "sklearn.DecisionTreeClassifier": classifier_tree,
    "sklearn.RandomForestClassifier": classifier_forest,
    "sklearn.ExtraTreesClassifier": classifier_forest,
    "sklearn.DecisionTreeRegressor": regressor_tree,
    "sklearn.RandomForestRegressor": regressor_forest,
    "sklearn.ExtraTreesRegressor": regressor_forest,
}
