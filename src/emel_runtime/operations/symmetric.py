"""Symmetric trees, as CatBoost grows them: all nodes of one depth ask the same.

So a leaf's number is made of the answers, one bit each, and there is nothing to walk.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.operations import Step, Vector


def symmetric_trees(
    depths: memoryview,
    features: memoryview,
    borders: memoryview,
    leaves: memoryview,
    inputs: int,
    outputs: int,
    missing_high: memoryview | None = None,
) -> Step:
    """The sum of the trees' leaves. The n-th split of a tree says, with a value above its border, 2ⁿ.

    Values are rounded to float32 first. Missing ones are above no border, or above all where
    `missing_high` is 1.
    """
    rounded = struct.Struct(f"<{inputs}f")
    splits = list(zip(features.tolist(), borders.tolist()))  # noqa: B905
    trees = []
    first = leaf = 0
    for depth in depths.tolist():
        questions = [(*split, outputs << bit) for bit, split in enumerate(splits[first : first + depth])]
        trees.append((leaf, questions))
        first, leaf = first + depth, leaf + (outputs << depth)
    numbers = leaves.tolist()
    others = range(1, outputs)
    high = [] if missing_high is None else [place for place, one in enumerate(missing_high.tolist()) if one]

    def step(row: Vector) -> Vector:
        if high:
            row = list(row)
            for place in high:
                row[place] = row[place] if row[place] == row[place] else float("inf")
        row = rounded.unpack(rounded.pack(*row))
        reached = []
        for place, questions in trees:
            for feature, border, weight in questions:
                if row[feature] > border:
                    place += weight
            reached.append(place)
        return [_sum(numbers, reached, 0), *[_sum(numbers, reached, shift) for shift in others]]

    return step


def _sum(numbers: Vector, reached: list[int], shift: int) -> float:
    # Python 3.12's `sum` compensates rounding, CatBoost's running total does not.
    total = 0.0
    for place in reached:
        total += numbers[place + shift]
    return total
