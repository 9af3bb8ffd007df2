from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.fakes.endpoint import Answer, FakeEndpoint

from emel.apitest import compare_endpoints
from emel.errors import EndpointError
from emel.records import Shadow

COLUMNS = ("size", "site")


def compare(production: Answer, candidate: Answer, answers: Path, tolerance: float = 1e-6) -> Shadow:
    http = FakeEndpoint({"old": production, "new": candidate}, columns=COLUMNS)
    return compare_endpoints(
        "http://old/demo/prod", "http://new/demo/prod/", answers=answers, tolerance=tolerance, http=http
    )


def at(threshold: float, sureness: float = 0.75) -> Answer:
    """Says malign above a size."""

    def answer(row: dict[str, Any]) -> tuple[object, dict[str, float]]:
        malign = sureness if row["size"] > threshold else 1 - sureness
        return ("malign" if malign > 0.5 else "benign"), {"malign": malign, "benign": 1 - malign}

    return answer


def test_the_same_model_agrees_on_all_rows(classifier_answers: Path) -> None:
    shadow = compare(at(100), at(100), classifier_answers)
    assert (shadow.rows, shadow.agreement, shadow.flipped) == (250, 1.0, ())
    assert shadow.max_abs_diff == shadow.mean_abs_diff == 0.0
    assert shadow.candidate_url == "http://new/demo/prod"


def test_rows_with_another_label_are_listed(classifier_answers: Path) -> None:
    shadow = compare(at(100), at(105), classifier_answers)
    assert [item.row for item in shadow.flipped] == [101, 102, 103, 104, 105]
    assert (shadow.flipped[0].production, shadow.flipped[0].candidate) == ("malign", "benign")
    assert shadow.agreement == 1 - 5 / 250
    assert shadow.max_abs_diff == 0.5
    assert shadow.mean_abs_diff == pytest.approx(0.5 * 5 / 250)


def test_a_surer_model_agrees_and_still_differs(classifier_answers: Path) -> None:
    shadow = compare(at(100), at(100, sureness=1.0), classifier_answers)
    assert shadow.agreement == 1.0
    assert shadow.max_abs_diff == shadow.mean_abs_diff == 0.25


def test_labels_alone_are_compared_when_one_side_has_no_probabilities(classifier_answers: Path) -> None:
    shadow = compare(at(100), lambda row: ("benign", None), classifier_answers)
    assert len(shadow.flipped) == 149
    assert shadow.max_abs_diff == 1.0


def test_numbers_agree_within_the_tolerance_relative_to_productions(regression_answers: Path) -> None:
    def twice(row: dict[str, Any]) -> tuple[object, None]:
        return row["size"] * 2, None

    def nearly(row: dict[str, Any]) -> tuple[object, None]:
        return row["size"] * 2 + 0.5, None

    shadow = compare(twice, nearly, regression_answers, tolerance=0.1)
    assert [item.row for item in shadow.flipped] == [0, 1, 2]
    assert shadow.agreement == 0.25
    assert [item.difference for item in shadow.flipped] == pytest.approx([0.5, 0.25, 0.125])


def test_an_endpoint_with_other_columns_is_an_error(classifier_answers: Path) -> None:
    http = FakeEndpoint({"old": at(1), "new": at(1)}, columns=("weight",))
    with pytest.raises(EndpointError, match="got status 422"):
        compare_endpoints(
            "http://old/demo/prod",
            "http://new/demo/prod",
            answers=classifier_answers,
            tolerance=1e-6,
            http=http,
        )
