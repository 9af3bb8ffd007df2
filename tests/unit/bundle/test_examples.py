"""Rows of the sample that go into the bundle for the page."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from emel import bundle
from emel.bundle.examples import example_rows
from emel.errors import BundleError
from emel.records import Answers, Scalar, Serving, to_json
from emel.system.process import SystemProcess


def written(folder: Path, rows: list[tuple[Scalar, ...]], predictions: list[Any], sample: int) -> Path:
    answers = Answers(
        columns=("size", "note"),
        rows=tuple(rows),
        sample_rows=sample,
        labels=("a", "b"),
        predictions=tuple(predictions),
        probabilities=None,
    )
    path = folder / "answers.json"
    path.write_bytes(to_json(answers))
    return path


ROWS: list[tuple[Scalar, ...]] = [(1.0, "x"), (2.0, None), (3.0, "z"), (4.0, "boundary")]


@pytest.mark.parametrize(
    ("count", "taken"),
    [(0, []), (1, [1.0]), (2, [1.0, 3.0]), (3, [1.0, 3.0, 2.0]), (9, [1.0, 3.0, 2.0])],
)
def test_rows_with_different_answers_come_first_and_boundary_rows_never(
    tmp_path: Path, count: int, taken: list[float]
) -> None:
    path = written(tmp_path, ROWS, ["a", "a", "b", "b"], 3)

    assert [row[0] for row in example_rows(path, count)] == taken


def test_a_row_that_is_long_or_holds_a_secret_is_left_out(tmp_path: Path) -> None:
    rows: list[tuple[Scalar, ...]] = [(1.0, "x" * 3000), (2.0, "glpat-" + "a1B2" * 6), (3.0, "z")]

    assert example_rows(written(tmp_path, rows, ["a", "a", "a"], 3), 3) == [[3.0, "z"]]


def test_no_row_is_taken_where_a_column_is_hidden(tmp_path: Path) -> None:
    assert example_rows(written(tmp_path, ROWS, ["a", "a", "b", "b"], 3), 3, ("note",)) == []


def test_answers_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="sample rows cannot be read"):
        example_rows(tmp_path / "absent.json", 3)


def test_the_manifest_holds_the_rows_and_the_metrics_that_are_asked_for(
    make_artifact: Any, tmp_path: Path
) -> None:
    built = bundle.build(
        make_artifact(),
        version="v1.0.0",
        commit=None,
        output=tmp_path / "small.zip",
        process=SystemProcess(),
        serving=Serving(examples=2),
        metrics={"accuracy": 0.75},
    )

    with zipfile.ZipFile(built.path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert len(manifest["examples"]) == 2
    assert manifest["metrics"] == {"accuracy": 0.75}
