"""Decision trees: forests that average them, and boosting, which adds them up.

A node is a tuple (feature, threshold, left, right), and its children are nodes: walking nested tuples takes
half the time of walking parallel lists, and to build them takes less than a microsecond a node.
"""

from __future__ import annotations

import struct

from emel_runtime.operations import require_finite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
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


def tree_sum(
    roots: memoryview,
    targets: memoryview,
    features: memoryview,
    thresholds: memoryview,
    rights: memoryview,
    leaves: memoryview,
    start: memoryview,
    inputs: int,
    leaf: int,
    values: str,
    sums: str,
    infinite: bool,
    missing_left: memoryview | None = None,
    owners: memoryview | None = None,
    ends: memoryview | None = None,
    members: memoryview | None = None,
) -> Step:
    """The sum of the trees: each adds the `leaf` numbers of its leaf to the results from its target on.

    Results begin at `start`, or at the second input. `values` and `sums` are the precision in which values
    are compared and results are added: f32 or f64. Nodes are as in `forest`; those in `owners` split by sets,
    each of which is the part of `members` up to its end.
    """
    numbers = leaves.tolist()
    lots = numbers if leaf == 1 else [numbers[at : at + leaf] for at in range(0, len(numbers), leaf)]
    splits: list[Any] = thresholds.tolist()
    begin = 0
    for owner, end in zip(owners or (), ends or ()):  # noqa: B905
        splits[owner] = _Members(members[begin:end] if members else ())
        begin = end
    gaps = None if missing_left is None else missing_left.tolist()
    nodes = _nodes(features.tolist(), splits, rights.tolist(), lots, gaps, pairs=False)
    first = start.tolist()
    groups: list[list[Node]] = [[] for _ in range(1 if leaf > 1 else len(first))]
    for root, target in zip(roots, targets):  # noqa: B905
        groups[target].append(nodes[root])
    reach = _reach if gaps is None else _reach_over_gaps
    total: Callable[..., Any] = _totals if leaf > 1 else _total_in_single if sums == "f32" else _total
    rounded = struct.Struct(f"<{inputs}f")

    def step(row: Vector, begins: Vector = first) -> Vector:
        if not infinite:
            require_finite([value for value in row if value == value])
        if values == "f32":
            row = rounded.unpack(rounded.pack(*row))
        if leaf > 1:
            together: Vector = total(begins, reach(groups[0], row))
            return together
        return [total(begin, reach(trees, row)) for begin, trees in zip(begins, groups)]  # noqa: B905

    return step


class _Members:
    """Stands where other nodes have a threshold: what is among the members is "not above" it."""

    __slots__ = ("codes",)

    def __init__(self, codes: Sequence[int]) -> None:
        self.codes = frozenset(codes)

    def __ge__(self, value: float) -> bool:
        return value == value and int(value) in self.codes


def _nodes(
    features: Sequence[int],
    thresholds: Sequence[Any],
    rights: Sequence[int],
    values: Sequence[Any],
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
    return _averaged(_reach(trees, row))


def _mean_over_gaps(trees: list[Node], row: Vector) -> Vector:
    """The same where values may be missing."""
    return _averaged(_reach_over_gaps(trees, row))


def _reach(trees: list[Node], row: Vector) -> list[Any]:
    """What stands in the leaves that a row comes to."""
    reached = []
    for feature, threshold, left, right in trees:
        while right is not None:
            feature, threshold, left, right = left if row[feature] <= threshold else right
        reached.append(feature)
    return reached


def _reach_over_gaps(trees: list[Node], row: Vector) -> list[Any]:
    """The same where values may be missing: a NaN takes the node's fifth member."""
    reached = []
    for feature, threshold, left, right, gap in trees:
        while right is not None:
            value = row[feature]
            feature, threshold, left, right, gap = (
                left if value <= threshold else right if value == value else gap
            )
        reached.append(feature)
    return reached


def _averaged(reached: list[Vector]) -> Vector:
    means = []
    for column in zip(*reached):  # noqa: B905
        total = 0.0
        for value in column:
            total += value
        means.append(total / len(reached))
    return means


def _total(begin: float, reached: list[float]) -> float:
    for value in reached:
        begin += value
    return begin


def _total_in_single(begin: float, reached: list[float]) -> float:
    """Each sum rounded to float32. A cell of a memoryview does it in half the time of `struct`."""
    cell = memoryview(bytearray(4)).cast("f")
    cell[0] = begin
    for value in reached:
        cell[0] += value
    return cell[0]


def _totals(begins: Vector, reached: list[Vector]) -> Vector:
    totals = []
    for begin, column in zip(begins, zip(*reached)):  # noqa: B905
        for value in column:
            begin += value
        totals.append(begin)
    return totals
