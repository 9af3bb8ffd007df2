"""Decision trees and the forests that average them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emel.lowering.builder import Program
from emel.lowering.categories import one_hot
from emel.lowering.nodes import Arithmetic, Tables, Tree, tree_sum
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


def on_features(tree: Tree, positions: Sequence[int]) -> Tree:
    """The tree for a row of which it was given these positions."""
    return tree._replace(
        features=[int(positions[feature]) if feature >= 0 else -1 for feature in tree.features]
    )


def mean_of_trees(program: Program, value: Value, trees: Sequence[Tree]) -> Value:
    """The mean of what the trees' leaves hold."""
    value = program.dense(value)
    width = len(trees[0].leaves[0])
    tables = Tables(trees, width)
    tables.note(program, value)
    arrays = tables.arrays(program, missing=value.missing)
    return program.add(
        "forest", value, width=width, arrays=arrays, missing=False, inputs=value.width, outputs=width
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
    trees = [tree_of(member.tree_, each) for member, each in zip(members, leaves, strict=True)]
    return mean_of_trees(program, value, trees)


def leaf_embedding(model: Any, program: Program, value: Value) -> Value:
    """RandomTreesEmbedding: a 1 for the leaf of each tree that the row comes to."""
    known = [leaves.tolist() for leaves in model.one_hot_encoder_.categories_]
    trees = []
    for member, leaves in zip(model.estimators_, known, strict=True):
        codes = {node: float(code) for code, node in enumerate(leaves)}
        nodes = range(member.tree_.node_count)
        trees.append(tree_of(member.tree_, [[codes.get(node, -1.0)] for node in nodes]))
    start = [0.0] * len(trees)
    reached = tree_sum(
        program, value, trees, range(len(trees)), start, Arithmetic(values="f32", infinite=False)
    )
    return one_hot(program, reached, [len(leaves) for leaves in known])._replace(matrix=model.sparse_output)


TRANSFORMERS = {"sklearn.RandomTreesEmbedding": leaf_embedding}
PREDICTORS = {
    "sklearn.DecisionTreeClassifier": classifier_tree,
    "sklearn.RandomForestClassifier": classifier_forest,
    "sklearn.ExtraTreesClassifier": classifier_forest,
    "sklearn.DecisionTreeRegressor": regressor_tree,
    "sklearn.RandomForestRegressor": regressor_forest,
    "sklearn.ExtraTreesRegressor": regressor_forest,
}
