"""Symmetric trees, as CatBoost grows them: all nodes of one depth ask the same.

So a leaf's number is made of the answers, one bit each, and there is nothing to walk. The numbers of many
trees stand side by side in one integer: what a feature adds to all of them at once depends on how many of
its borders it exceeds. This takes a seventh of the time of asking split by split.
"""

from __future__ import annotations

import struct
from bisect import bisect_left

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from emel_runtime.operations import Step, Vector

    Split = tuple[int, float]
    Block = list[tuple[int, list[float], list[int]]]
    """Of each feature the borders, and what it adds to the leaves' numbers above so many of them."""

BLOCK = 128
"""Trees in one integer. A block keeps so many bytes for each border that a tree of it has."""


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
    sizes = depths.tolist()
    code = "H" if max(sizes, default=0) > 8 else "B"
    width = struct.calcsize(code)
    asked = iter(zip(features.tolist(), borders.tolist()))  # noqa: B905
    blocks = [
        (_block(sizes[at : at + BLOCK], asked, 8 * width), len(sizes[at : at + BLOCK]))
        for at in range(0, len(sizes), BLOCK)
    ]
    tables = [_tables(leaves, sizes, outputs, place) for place in range(outputs)]
    high = [] if missing_high is None else [place for place, one in enumerate(missing_high.tolist()) if one]

    def step(row: Vector) -> Vector:
        if high:
            row = list(row)
            for place in high:
                row[place] = row[place] if row[place] == row[place] else float("inf")
        row = rounded.unpack(rounded.pack(*row))
        reached: list[int] = []
        for block, count in blocks:
            numbers = 0
            for feature, edges, added in block:
                numbers += added[bisect_left(edges, row[feature])]
            places: Any = memoryview(numbers.to_bytes(count * width, "little"))
            reached += places.cast(code)
        return [_sum(table, reached) for table in tables]

    return step


def _block(depths: Sequence[int], splits: Iterator[Split], bits: int) -> Block:
    """What trees of these depths ask, by feature and then by border; a leaf's number has so many bits."""
    asked: dict[int, list[tuple[float, int]]] = {}
    for tree, depth in enumerate(depths):
        for bit in range(tree * bits, tree * bits + depth):
            feature, border = next(splits)
            asked.setdefault(feature, []).append((border, 1 << bit))
    block = []
    for feature, pairs in asked.items():
        pairs.sort()
        whole, added = 0, [0]
        for _, answer in pairs:
            whole += answer
            added.append(whole)
        block.append((feature, [border for border, _ in pairs], added))
    return block


def _tables(leaves: Any, depths: Sequence[int], outputs: int, place: int) -> list[list[float]]:
    """One element of the leaves of each tree."""
    numbers: list[float] = leaves.tolist()[place::outputs]
    tables, first = [], 0
    for depth in depths:
        tables.append(numbers[first : first + (1 << depth)])
        first += 1 << depth
    return tables


def _sum(tables: list[list[float]], reached: list[int]) -> float:
    # Python 3.12's `sum` compensates rounding, CatBoost's running total does not.
    total = 0.0
    for table, place in zip(tables, reached):  # noqa: B905
        total += table[place]
    return total
