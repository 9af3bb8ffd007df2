"""Rows for what computes in float32 keep clear of the splits that its last digits decide."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest
from tests.fakes.lowered import columns

from emel.lowering import Column
from emel.lowering.coarse import Splits
from emel.lowering.values import Notes

SAMPLE: list[list[Any]] = [[1.0, 100.0], [2.0, 900.0]]


def splits(*thresholds: tuple[int, float], inputs: list[Column] | None = None) -> Splits:
    return Splits(Notes(set(thresholds), set()), inputs or columns("ab"), SAMPLE)


def test_a_value_on_a_threshold_is_told_with_it() -> None:
    assert splits((1, 500.0)).near([1.0, 500.0]) == ("b", 500.0)


@pytest.mark.parametrize("cell", [499.9, 501.0, nan, None, "text"])
def test_other_values_are_clear(cell: Any) -> None:
    assert splits((1, 500.0)).near([1.0, cell]) is None


def test_near_is_measured_by_the_largest_number_that_a_scaler_sees() -> None:
    # float32 tells 0.001 from 0.0011, but not after 900 was taken away from both.
    assert splits((1, 0.001)).near([1.0, 0.0011]) == ("b", 0.001)
    assert splits((0, 0.001)).near([0.0011, 1.0]) is None


def test_a_row_is_moved_aside_and_stays_near() -> None:
    [row] = splits((0, 1.5), (1, 500.0)).cleared([[1.5, 500.0]])

    assert row[0] != 1.5 and row == pytest.approx([1.5, 500.0], rel=1e-4)
    assert splits((0, 1.5), (1, 500.0)).near(row) is None


def test_a_value_between_two_thresholds_passes_both() -> None:
    close = splits((1, 500.0), (1, 500.004))

    [row] = close.cleared([[1.0, 500.002]])

    assert close.near(row) is None


def test_integers_stay_integers() -> None:
    whole = [Column("a"), Column("b", "integer")]

    [row] = splits((1, 500.0), inputs=whole).cleared([[1.0, 500.0]])

    assert row == [1.0, 499.0]


def test_a_row_that_cannot_be_moved_is_left_out() -> None:
    crowd = [(1, float(number)) for number in range(400, 600)]
    whole = [Column("a"), Column("b", "integer")]

    assert splits(*crowd, inputs=whole).cleared([[1.0, 500.0], [1.0, 700.0]]) == [[1.0, 700.0]]
