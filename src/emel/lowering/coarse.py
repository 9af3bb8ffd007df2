"""What float32 cannot decide: values so near to a split that their last digits say on which side they fall.

A tree compares with its thresholds what the steps before it made of a row. Where those compute in float32,
as converters write them, a value beside a threshold may end up on the other side of it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import ceil, floor, isnan

from emel.lowering.boundary import GAP, Cell, Row
from emel.lowering.values import Column, Notes

TRIES = 8
"""Thresholds that a value is moved past at the most."""


class Splits:
    """The thresholds of each column, and how near to one float32 can still tell the side.

    That is `boundary.GAP` of the largest number in the sample's column: a step such as a scaler subtracts
    numbers of this size.
    """

    def __init__(self, notes: Notes, columns: Sequence[Column], sample: Sequence[Sequence[Cell]]) -> None:
        self._columns = tuple(columns)
        self._thresholds: list[list[float]] = [[] for _ in columns]
        for place, threshold in sorted(notes.thresholds):
            self._thresholds[place].append(threshold)
        self._reaches = [GAP * _largest(cells) for cells in zip(*sample, strict=True)]

    def near(self, row: Sequence[Cell]) -> tuple[str, float] | None:
        """The first column whose value is too near to a threshold, and that threshold."""
        for place, cell in enumerate(row):
            threshold = self._beside(place, cell)
            if threshold is not None:
                return self._columns[place].name, threshold
        return None

    def cleared(self, rows: Sequence[Row]) -> list[Row]:
        """The rows with such values moved aside, without those rows where that is not possible."""
        moved = [[self._moved(place, cell) for place, cell in enumerate(row)] for row in rows]
        return [row for row in moved if self.near(row) is None]

    def _beside(self, place: int, cell: Cell) -> float | None:
        """The threshold that is too near."""
        if not isinstance(cell, float) or isnan(cell):
            return None
        thresholds = self._thresholds[place]
        right = bisect_left(thresholds, cell)
        around = thresholds[max(0, right - 1) : right + 1]
        # Rows made from the model lie a whole reach beside a threshold.
        return next((one for one in around if abs(cell - one) < self._reach(place, one) / 2), None)

    def _moved(self, place: int, cell: Cell) -> Cell:
        for direction in (-1, 1):
            moved = cell
            for _ in range(TRIES):
                threshold = self._beside(place, moved)
                if threshold is None:
                    return moved
                moved = threshold + direction * self._reach(place, threshold)
                if self._columns[place].type != "float":
                    moved = float(floor(moved) if direction < 0 else ceil(moved))
        return cell

    def _reach(self, place: int, threshold: float) -> float:
        return max(abs(threshold) * GAP, self._reaches[place])


def _largest(cells: Sequence[Cell]) -> float:
    return max((abs(cell) for cell in cells if isinstance(cell, float) and not isnan(cell)), default=1.0)
