"""Rows of requests from the log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.fakes.endpoint import FakeEndpoint

from emel.apitest import compare_endpoints, read_answers, rows_of_requests
from emel.records import Answers
from emel_runtime import recording

COLUMNS = ("size", "site")


@pytest.fixture
def like(classifier_answers: Path) -> Answers:
    return read_answers(classifier_answers)


def test_the_newest_rows_that_fit_are_taken_in_the_models_columns(like: Answers) -> None:
    lines: list[dict[str, Any]] = [
        {"inputs": [{"size": 1.0, "site": "a"}]},
        {"status": 200},
        {"inputs": [{"site": "b", "size": 2.0}, {"size": 3.5, "site": None}]},
    ]

    assert rows_of_requests(lines, like, count=2).rows == ((2.0, "b"), (3.5, None))
    assert rows_of_requests(lines, like, count=9).sample_rows == 3


@pytest.mark.parametrize(
    "row",
    [{"size": 1.0}, {"size": 1.0, "site": "a", "more": 1}, {"size": "[redacted]", "site": "a"}, "text"],
    ids=["another model's", "more columns", "hidden", "no row"],
)
def test_rows_that_cannot_be_sent_again_are_left_out(like: Answers, row: object) -> None:
    assert rows_of_requests([{"inputs": [row]}, {"inputs": "x"}], like, count=9).rows == ()


def test_what_the_function_writes_is_what_is_read(like: Answers) -> None:
    rows: list[list[float | str | None]] = [[1.5, "left"], [float("nan"), "x" * 500], [2.5, None]]
    wanted = {"sample": 1.0, "redact": ()}
    line = recording.record(COLUMNS, rows, ["a", "b", "c"], wanted)
    hidden = recording.record(COLUMNS, rows, ["a", "b", "c"], {"sample": 1.0, "redact": ("site",)})

    assert rows_of_requests([line], like, count=9).rows == ((1.5, "left"), (2.5, None))
    assert rows_of_requests([hidden], like, count=9).rows == ()


def test_two_endpoints_are_compared_on_them(like: Answers) -> None:
    lines = [{"inputs": [{"size": float(size), "site": "a"}]} for size in range(10)]
    http = FakeEndpoint(
        {
            "old": lambda row: ("malign" if row["size"] > 4 else "benign", None),
            "new": lambda row: ("malign" if row["size"] > 5 else "benign", None),
        },
        columns=COLUMNS,
    )
    rows = rows_of_requests(lines, like, count=10)
    shadow = compare_endpoints(
        "http://old/demo/prod", "http://new/demo/prod", rows=rows, tolerance=1e-6, http=http
    )

    assert (shadow.rows, [item.row for item in shadow.flipped]) == (10, [5])


def test_sample_rows_are_no_requests_of_people(like: Answers) -> None:
    lines = [{"inputs": [{"size": 7.0, "site": None}, {"size": 7.5, "site": None}]}]

    assert rows_of_requests(lines, like, count=9).rows == ((7.5, None),)


def test_a_row_that_was_sent_again_counts_once(like: Answers) -> None:
    lines = [{"inputs": [{"size": size, "site": "a"}]} for size in (1.5, 2.5, 1.5)]

    assert rows_of_requests(lines, like, count=9).rows == ((2.5, "a"), (1.5, "a"))


def test_what_no_column_can_hold_is_left_out(like: Answers) -> None:
    assert rows_of_requests([{"inputs": [{"size": [1], "site": {}}]}], like, count=9).rows == ()
