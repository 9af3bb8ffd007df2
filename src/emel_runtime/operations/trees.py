"""Decision trees, and forests that average them, as one operation of the pure tier.

A node is a tuple (feature, threshold, left, right), and its children are nodes: walking nested tuples takes
half the time of walking parallel lists, and to build them takes less than a microsecond a node.
"""

from __future__ import annotations

import struct

from emel_runtime.operations import require_finite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from emel_runtime.operations import Step, Vector

    Node = tuple[Any, ...]


def forest(
    roots: memoryview,
    features: memoryview,
    thresholds: memoryview,
    rights: memoryview,
    leaves: memoryview,
    inputs: int,
    outputs: int,
    missing_left: memoryview | None = None,
) -> Step:
    """The mean of the trees: a value rounded to float32 goes left when it is ≤ the float64 threshold.

    Nodes are in depth-first order, so that the left child is the next node; feature -1 is a leaf, whose
    `rights` is its row in `leaves`. With `missing_left`, a missing value goes left where it is 1, else
    right. Trees are summed in their order and then divided, as scikit-learn does.
    """
    rounded = struct.Struct(f"<{inputs}f")
    pairs = outputs == 2 and missing_left is None
    mean = _mean_of_pairs if pairs else _mean if missing_left is None else _mean_over_gaps
    numbers = leaves.tolist()
    values = [numbers[start : start + outputs] for start in range(0, len(numbers), outputs)]
    gaps = None if missing_left is None else missing_left.tolist()
    nodes = _nodes(features.tolist(), thresholds.tolist(), rights.tolist(), values, gaps, pairs=pairs)
    trees = [nodes[root] for root in roots.tolist()]

    def step(row: Vector) -> Vector:
        require_finite(row if missing_left is None else [value for value in row if value == value])
        return mean(trees, rounded.unpack(rounded.pack(*row)))

    return step


def _nodes(
    features: Sequence[int],
    thresholds: Vector,
    rights: Sequence[int],
    values: Sequence[Vector],
    gaps: Sequence[int] | None,
    *,
    pairs: bool,
) -> list[Node]:
    nodes: list[Node] = [()] * len(features)
    for place in range(len(features) - 1, -1, -1):
        right = rights[place]
        if features[place] < 0:
            node: Node = (*values[right], None, None) if pairs else (values[right], None, None, None)
        else:
            node = (features[place], thresholds[place], nodes[place + 1], nodes[right])
        if gaps is not None:
            node = (*node, node[2] if gaps[place] else node[3])
        nodes[place] = node
    return nodes


# Python 3.12's `sum` compensates rounding, NumPy's running total does not: hence the plain loops below.


def _mean_of_pairs(trees: list[Node], row: Vector) -> Vector:
    """For two values a leaf, which stand in the leaf where other nodes have feature and threshold."""
    first = second = 0.0
    for feature, threshold, left, right in trees:
        while right is not None:
            feature, threshold, left, right = left if row[feature] <= threshold else right
        first += feature
        second += threshold
    return (first / len(trees), second / len(trees))


def _mean(trees: list[Node], row: Vector) -> Vector:
    """For any number of values a leaf, which stand in the leaf as one tuple in place of the feature."""
    reached = []
    for feature, threshold, left, right in trees:
        while right is not None:
            feature, threshold, left, right = left if row[feature] <= threshold else right
        reached.append(feature)
    return _averaged(reached)


def _mean_over_gaps(trees: list[Node], row: Vector) -> Vector:
    """The same where values may be missing: a NaN takes the node's fifth member."""
    reached = []
    for feature, threshold, left, right, gap in trees:
        while right is not None:
            value = row[feature]
            feature, threshold, left, right, gap = (
                left if value <= threshold else right if value == value else gap
            )
        reached.append(feature)
    return _averaged(reached)


def _averaged(reached: list[Vector]) -> Vector:
    means = []
    for column in zip(*reached):  # noqa: B905
        total = 0.0
        for value in column:
            total += value
        means.append(total / len(reached))
    return means
