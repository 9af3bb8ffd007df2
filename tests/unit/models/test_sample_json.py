"""JSON of any usual shape becomes typed columns and rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emel.errors import SampleError
from emel.models.sample import Sample, read_sample

ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


def sample(folder: Path, told: Any, target: str | None = None) -> Sample:
    (folder / "s.json").write_text(told if isinstance(told, str) else json.dumps(told), encoding="utf-8")
    return read_sample(folder / "s.json", target)


@pytest.mark.parametrize(
    "told",
    [
        ROWS,
        {"a": [1, 2], "b": ["x", None]},
        {"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": None}},
        {"columns": ["a", "b"], "data": [[1, "x"], [2, None]]},
        {"columns": ["a", "b"], "index": [0, 1], "data": [[1, "x"], [2, None]]},
        {"instances": ROWS},
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"], [2, None]]}},
        '{"a": 1, "b": "x"}\n\n{"a": 2}\n',
    ],
)
def test_tables_of_any_usual_shape_are_read(tmp_path: Path, told: Any) -> None:
    read = sample(tmp_path, told)

    assert [(column.name, column.type, column.missing) for column in read.columns] == [
        ("a", "integer", False),
        ("b", "string", True),
    ]
    assert read.rows == ((1, "x"), (2, None))


@pytest.mark.parametrize(
    ("values", "kind", "parsed"),
    [
        ([1, 2], "integer", [1, 2]),
        ([1, None], "integer", [1, None]),
        ([1, 2.5], "float", [1.0, 2.5]),
        ([None, None], "float", [None, None]),
        ([True, None], "boolean", [True, None]),
        (["01", "2"], "string", ["01", "2"]),
        ([1, "two"], "string", ["1", "two"]),
        (["NA", ""], "string", ["NA", ""]),
    ],
)
def test_values_keep_the_types_that_they_have(
    tmp_path: Path, values: list[object], kind: str, parsed: list[object]
) -> None:
    read = sample(tmp_path, {"a": values})

    assert (read.columns[0].type, [row[0] for row in read.rows]) == (kind, parsed)


def test_the_target_is_left_out(tmp_path: Path) -> None:
    assert [column.name for column in sample(tmp_path, ROWS, target="a").columns] == ["b"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("{", "is no JSON"),
        ("[]", "no rows"),
        ("7", "no table"),
        ([[1, 2]], "no table"),
        ({"a": [1], "b": [1, 2]}, "differ in length"),
        ([{"a": [1]}], "column 'a' holds lists"),
    ],
)
def test_other_json_is_told(tmp_path: Path, told: Any, words: str) -> None:
    with pytest.raises(SampleError, match=words):
        sample(tmp_path, told)
