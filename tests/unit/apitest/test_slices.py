"""The slice of each column in which a candidate differs most from production."""

from __future__ import annotations

from emel.apitest.slices import worst_slices
from emel.records import Answers, Scalar, Slice


def worst(
    columns: dict[str, list[Scalar]], differences: dict[int, float], *, numbers: bool = False
) -> tuple[Slice, ...]:
    """Of rows in columns, with the difference of those that got another answer."""
    rows = tuple(zip(*columns.values(), strict=True))
    answers = Answers(
        columns=tuple(columns), rows=rows, sample_rows=len(rows), labels=None if numbers else ("a", "b"),
        predictions=(), probabilities=None,
    )  # fmt: skip
    moved = [differences.get(row, 0.0) for row in range(len(rows))]
    return worst_slices(answers, moved, frozenset(range(len(rows)) if numbers else differences))


def test_of_each_column_the_worst_slice_is_found_the_worst_column_first() -> None:
    columns: dict[str, list[Scalar]] = {
        "third": [row % 3 for row in range(60)],
        "site": ["left"] * 20 + ["right"] * 40,
        "same": ["x"] * 60,
    }

    assert worst(columns, dict.fromkeys((0, 3, 6, 21), 0.5)) == (
        Slice(column="third", condition="= 0", rows=20, agreement=0.8, mean_abs_diff=0.1),
        Slice(column="site", condition="= left", rows=20, agreement=0.85, mean_abs_diff=0.075),
    )


def test_a_column_of_many_numbers_is_cut_into_quarters() -> None:
    columns: dict[str, list[Scalar]] = {"x": [float(number) for number in range(40)]}

    assert worst(columns, dict.fromkeys((30, 31, 32, 39), 1.0)) == (
        Slice(column="x", condition="from 29.75 to 39", rows=10, agreement=0.6, mean_abs_diff=0.4),
    )


def test_missing_values_are_a_slice() -> None:
    found = worst({"x": [None] * 10 + [1] * 10}, dict.fromkeys(range(10), 1.0))

    assert found == (Slice(column="x", condition="is missing", rows=10, agreement=0.0, mean_abs_diff=1.0),)


def test_a_few_rows_are_no_slice() -> None:
    assert worst({"x": ["a"] * 9 + ["b"] * 90}, {0: 1.0, 1: 1.0}) == ()


def test_one_row_alone_makes_no_slice_worse() -> None:
    assert worst({"x": ["a"] * 10 + ["b"] * 10}, {0: 1.0}) == ()


def test_of_texts_with_many_values_the_frequent_ones_are_slices() -> None:
    texts: list[Scalar] = [f"r{number}" for number in range(30)]

    assert worst({"id": texts}, {0: 1.0, 1: 1.0}) == ()
    found = worst({"id": [*texts, *["often"] * 10]}, {35: 1.0, 36: 1.0})
    assert [one.condition for one in found] == ["= often"]


def test_where_nothing_flipped_nothing_is_worst() -> None:
    assert worst({"x": ["a"] * 10 + ["b"] * 10}, {}) == ()


def test_numbers_are_worst_where_they_differ_most() -> None:
    differences = dict.fromkeys(range(20), 0.1) | dict.fromkeys(range(10), -0.3)

    assert worst({"x": ["a"] * 10 + ["b"] * 10}, differences, numbers=True) == (
        Slice(column="x", condition="= a", rows=10, agreement=0.0, mean_abs_diff=0.3),
    )
