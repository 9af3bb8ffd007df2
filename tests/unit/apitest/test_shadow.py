from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from tests.fakes.clock import ManualClock
from tests.fakes.endpoint import Answer, FakeEndpoint

from emel.apitest import compare_endpoints, read_answers
from emel.errors import EndpointError
from emel.records import LabelChange, Shadow
from emel.system.http import HttpReply

COLUMNS = ("size", "site")


def compare(production: Answer, candidate: Answer, answers: Path, tolerance: float = 1e-6) -> Shadow:
    http = FakeEndpoint({"old": production, "new": candidate}, columns=COLUMNS)
    return compare_endpoints(
        "http://old/demo/prod",
        "http://new/demo/prod/",
        rows=read_answers(answers),
        tolerance=tolerance,
        http=http,
    )


class SlowerAt(FakeEndpoint):
    """Takes a second for an answer, and at the host `new` two."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__({"old": at(100), "new": at(100)}, columns=COLUMNS)
        self.hosts: list[str] = []
        self._clock = clock

    def request(self, method: str, url: str, **more: Any) -> HttpReply:
        self.hosts.append(url.split("/")[2])
        self._clock.sleep(2.0 if self.hosts[-1] == "new" else 1.0)
        return super().request(method, url, **more)


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
    assert shadow.label_changes == (LabelChange(production="malign", candidate="benign", rows=5),)
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
    assert shadow.label_changes == ()


def test_numbers_differ_upwards_or_downwards(regression_answers: Path) -> None:
    shadow = compare(lambda row: (row["size"], None), lambda row: (row["size"] - 1, None), regression_answers)
    assert (shadow.differences.edges[0], shadow.differences.edges[-1]) == (-1.0, 0.0)
    assert shadow.mean_abs_diff == pytest.approx((1 + 1 + 1 / 2 + 1 / 3) / 4)


def test_an_endpoint_with_other_columns_is_an_error(classifier_answers: Path) -> None:
    http = FakeEndpoint({"old": at(1), "new": at(1)}, columns=("weight",))
    with pytest.raises(EndpointError, match="got status 422"):
        compare_endpoints(
            "http://old/demo/prod",
            "http://new/demo/prod",
            rows=read_answers(classifier_answers),
            tolerance=1e-6,
            http=http,
        )


def test_latency_is_of_requests_that_go_to_both_in_turn(classifier_answers: Path) -> None:
    clock = ManualClock()
    http = SlowerAt(clock)
    rows = read_answers(classifier_answers)
    shadow = compare_endpoints(
        "http://old/demo/prod", "http://new/demo/prod", rows=rows, tolerance=1e-6, http=http, clock=clock
    )
    assert shadow.production_latency is not None and shadow.candidate_latency is not None
    assert (shadow.production_latency.p50_seconds, shadow.candidate_latency.p99_seconds) == (1.0, 2.0)
    assert http.hosts[-8:] == ["old", "new", "new", "old"] * 2
    assert shadow.measures()["shadow.p99_ratio"] == 2.0


def test_the_gate_is_told_the_worse_of_sample_and_requests(classifier_answers: Path) -> None:
    sample, requests = (
        compare(at(100), at(101), classifier_answers),
        compare(at(9), at(20), classifier_answers),
    )
    measures = structs.replace(sample, recent=requests).measures()
    assert measures["function.agreement"] == requests.agreement < sample.agreement
    assert measures["shadow.mean_abs_diff"] == requests.mean_abs_diff > sample.mean_abs_diff
    assert measures["shadow.worst_slice_agreement"] == requests.slices[0].agreement
    assert "shadow.p99_ratio" not in measures
