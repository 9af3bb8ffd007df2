"""Trees of any library as the tables of the pure tier: what the readers of forests and boosting share."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from emel.lowering.builder import Program
from emel.lowering.values import Value


class Tree(NamedTuple):
    """A binary tree, whose nodes are numbered from the root, 0, in any order."""

    lefts: Sequence[int]
    """The child of values up to the threshold; negative for a leaf."""
    rights: Sequence[int]
    features: Sequence[int]
    thresholds: Sequence[float]
    gaps: Sequence[bool | int]
    """Whether a missing value goes left."""
    leaves: Sequence[Sequence[float]]
    """What each node gives if it is a leaf."""
    members: Mapping[int, Sequence[int]] = {}
    """For nodes that split by a set: the integers that go left."""


class Tables:
    """All nodes of many trees, tree after tree, depth first: the left child of a node is the next one."""

    def __init__(self, trees: Sequence[Tree], width: int) -> None:
        self.width = width
        self.features: list[int] = []
        self.thresholds: list[float] = []
        self.members: dict[int, Sequence[int]] = {}
        self._roots: list[int] = []
        self._rights: list[int] = []
        self._gaps: list[int] = []
        self._leaves: list[float] = []
        for tree in trees:
            self._append(tree)

    def arrays(self, program: Program, *, missing: bool) -> dict[str, int]:
        """The arrays of the operations `forest` and `tree_sum`."""
        rows = len(self._leaves) // self.width
        arrays = {
            "roots": program.array("u32", self._roots),
            "features": program.array("i32", self.features),
            "thresholds": program.array("f64", self.thresholds),
            "rights": program.array("u32", self._rights),
            "leaves": program.array("f64", self._leaves, (rows, self.width)),
        }
        if missing:
            arrays["missing_left"] = program.array("u8", self._gaps)
        if self.members:
            sets = list(self.members.values())
            arrays["owners"] = program.array("u32", list(self.members))
            ends = [sum(map(len, sets[: place + 1])) for place in range(len(sets))]
            arrays["ends"] = program.array("u32", ends)
            arrays["members"] = program.array("u32", [code for codes in sets for code in codes])
        return arrays

    def note(self, program: Program, value: Value) -> None:
        """Note where the answers may change."""
        splits = enumerate(zip(self.features, self.thresholds, strict=True))
        program.note_thresholds(
            value, [split for node, split in splits if split[0] >= 0 and node not in self.members]
        )
        for node, codes in self.members.items():
            beside = {code + step for code in codes for step in (-1, 0, 1)}
            program.note_categories(value, self.features[node], sorted(beside))

    def _append(self, tree: Tree) -> None:
        self._roots.append(len(self.features))
        # A library may grow best-first: then its nodes are not depth first.
        waiting: list[tuple[int, int | None]] = [(0, None)]
        while waiting:
            node, parent = waiting.pop()
            if parent is not None:
                self._rights[parent] = len(self.features)
            while tree.lefts[node] >= 0:
                waiting.append((tree.rights[node], len(self.features)))
                if node in tree.members:
                    self.members[len(self.features)] = tree.members[node]
                self._node(tree.features[node], tree.thresholds[node], 0, int(tree.gaps[node]))
                node = tree.lefts[node]
            self._node(-1, 0.0, len(self._leaves) // self.width, 0)
            self._leaves += tree.leaves[node]

    def _node(self, feature: int, threshold: float, right: int, gap: int) -> None:
        self.features.append(feature)
        self.thresholds.append(threshold)
        self._rights.append(right)
        self._gaps.append(gap)


class Arithmetic(NamedTuple):
    """How a library compares values and adds leaves: `f32` or `f64`, and whether it takes infinite values."""

    values: str
    sums: str = "f64"
    infinite: bool = True


def tree_sum(
    program: Program,
    value: Value,
    trees: Sequence[Tree],
    targets: Sequence[int],
    start: Sequence[float] | Value,
    arithmetic: Arithmetic,
    width: int = 1,
) -> Value:
    """The sum of trees: each adds the `width` numbers of its leaf from its target on.

    `start` is what results begin with; as a value it may depend on the row.
    """
    value = program.dense(value)
    tables = Tables(trees, width)
    tables.note(program, value)
    arrays = tables.arrays(program, missing=value.missing)
    arrays["targets"] = program.array("u32", targets)
    begin = [start] if isinstance(start, Value) else []
    outputs = start.width if isinstance(start, Value) else len(start)
    arrays["start"] = program.array("f64", [0.0] * outputs if isinstance(start, Value) else start)
    return program.add(
        "tree_sum",
        value,
        *begin,
        width=outputs,
        arrays=arrays,
        missing=False,
        inputs=value.width,
        leaf=width,
        **arithmetic._asdict(),
    )


def single(number: float) -> float:
    """The nearest float32."""
    nearest: float = struct.unpack("<f", struct.pack("<f", number))[0]
    return nearest


def single_below(number: float) -> float:
    """The largest float32 below a float32."""
    (bits,) = struct.unpack("<I", struct.pack("<f", number))
    # Read as integers, numbers of one sign follow each other; both zeros lie between the signs.
    lower = bits - 1 if 0 < bits < 0x80000000 else 0x80000001 if not bits & 0x7FFFFFFF else bits + 1
    below: float = struct.unpack("<f", struct.pack("<I", lower))[0]
    return below
