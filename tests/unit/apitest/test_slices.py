"""The slice of the sample rows in which a candidate differs most from production."""

from __future__ import annotations

from pathlib import Path

import msgspec
from tests.fakes.results import shadow

from emel.apitest import worst_slice
from emel.records import Answers, FlippedRow, Scalar, Slice, to_json


def worst(tmp_path: Path, columns: dict[str, list[Scalar]], flipped: list[int]) -> Slice | None:
    """Of rows in columns, with the numbers of those that got another answer."""
    rows = tuple(zip(*columns.values(), strict=True))
    answers = Answers(
        columns=tuple(columns), rows=rows, sample_rows=len(rows), labels=("a", "b"),
        predictions=("a",) * len(rows), probabilities=None,
    )  # fmt: skip
    (tmp_path / "answers.json").write_bytes(to_json(answers))
    found = msgspec.structs.replace(
        shadow(),
        rows=len(rows),
        agreement=1 - len(flipped) / len(rows),
        flipped=tuple(FlippedRow(row=row, production="a", candidate="b", difference=1.0) for row in flipped),
    )
    return worst_slice(found, tmp_path / "answers.json")


def test_a_category_with_all_the_flips_is_the_worst(tmp_path: Path) -> None:
    columns: dict[str, list[Scalar]] = {"site": ["left"] * 6 + ["right"] * 6, "even": [0, 1] * 6}

    assert worst(tmp_path, columns, [0, 2]) == Slice(
        column="site", condition="= left", rows=6, agreement=1 - 2 / 6
    )


def test_a_column_of_many_numbers_is_cut_into_quarters(tmp_path: Path) -> None:
    found = worst(tmp_path, {"x": [float(number) for number in range(40)]}, [30, 31, 32, 39])

    assert found == Slice(column="x", condition="from 29.75 to 39", rows=10, agreement=0.6)


def test_missing_values_are_a_slice(tmp_path: Path) -> None:
    found = worst(tmp_path, {"x": [None] * 5 + [1] * 5}, [0, 1, 2, 3, 4])

    assert found == Slice(column="x", condition="is missing", rows=5, agreement=0.0)


def test_a_few_rows_are_no_slice(tmp_path: Path) -> None:
    assert worst(tmp_path, {"x": ["a"] * 4 + ["b"] * 20}, [0, 1]) is None


def test_texts_without_groups_are_no_slices(tmp_path: Path) -> None:
    assert worst(tmp_path, {"id": [f"r{number}" for number in range(30)]}, [0]) is None


def test_where_nothing_flipped_nothing_is_worst(tmp_path: Path) -> None:
    assert worst(tmp_path, {"x": ["a"] * 5 + ["b"] * 5}, []) is None
