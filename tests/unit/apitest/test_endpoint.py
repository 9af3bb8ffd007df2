from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.fakes.endpoint import Answer, FakeEndpoint, problem, reply

from emel.apitest import run_endpoint_tests
from emel.errors import EndpointError
from emel.records import EndpointReport
from emel.system.clock import SystemClock

URL = "http://prod/demo/prod"


def classify(row: dict[str, Any]) -> tuple[object, dict[str, float]]:
    odd = row["size"] % 2 == 1
    return ("malign" if odd else "benign"), {"benign": 0.25 if odd else 0.75, "malign": 0.75 if odd else 0.25}


def double(row: dict[str, Any]) -> tuple[object, None]:
    return row["size"] * 2, None


def endpoint(answer: Answer = classify, **about: Any) -> FakeEndpoint:
    return FakeEndpoint({"prod": answer}, columns=("size", "site"), **about)


def report_of(http: FakeEndpoint, answers: Path | None, url: str = URL, **changes: Any) -> EndpointReport:
    arguments = {"tolerance": 1e-6, "http": http, "clock": SystemClock(), "expected_version": "v1.0.0"}
    return run_endpoint_tests(url, answers=answers, **{**arguments, **changes})


def failed(report: EndpointReport) -> dict[str, str]:
    assert report.passed == all(check.passed for check in report.checks)
    return {check.name: check.detail for check in report.checks if not check.passed}


def test_an_endpoint_that_keeps_the_contract_passes(classifier_answers: Path) -> None:
    http = endpoint()
    report = report_of(http, classifier_answers)

    assert failed(report) == {}
    assert report.model_version == "v1.0.0"
    assert [check.name for check in report.checks] == [
        "health",
        "names its model version",
        "describes itself as OpenAPI",
        "sample rows",
        "one row alone",
        "refuses a body that is not JSON",
        "refuses an unknown path",
        "refuses a wrong method",
        "refuses a value of a wrong type",
        "refuses a row without a field",
        "latency",
        "size of answers",
    ]
    assert report.latency is not None
    assert report.latency.requests == 50
    assert 0 < report.latency.p50_seconds <= report.latency.p95_seconds <= report.latency.p99_seconds
    assert [rows for _, rows in http.requests[:4]] == [100, 100, 50, 1]


def test_a_regression_is_held_to_the_tolerance(regression_answers: Path) -> None:
    assert failed(report_of(endpoint(double), regression_answers)) == {}
    off = endpoint(lambda row: (row["size"] * 2 + 0.01, None))
    assert (
        "row 0: differs from the original model by 0.01"
        in failed(report_of(off, regression_answers))["sample rows"]
    )
    assert failed(report_of(off, regression_answers, tolerance=0.1)) == {}


def test_without_recorded_answers_only_the_contract_is_tested() -> None:
    report = report_of(endpoint(), None)
    assert report.passed
    assert report.latency is None
    assert "sample rows" not in [check.name for check in report.checks]


def test_another_model_version_fails(classifier_answers: Path) -> None:
    report = report_of(endpoint(), classifier_answers, expected_version="v2.0.0")
    assert failed(report) == {"names its model version": "model version v1.0.0 answers, not v2.0.0"}


def test_another_label_names_the_row(classifier_answers: Path) -> None:
    def wrong(row: dict[str, Any]) -> tuple[object, dict[str, float]]:
        label, probabilities = classify(row)
        return ("malign" if row["size"] == 150 else label), probabilities

    assert failed(report_of(endpoint(wrong), classifier_answers)) == {
        "sample rows": "row 150: predicts 'malign', the original model 'benign'"
    }


@pytest.mark.parametrize("shift", [0.001, float("nan")])
def test_another_probability_fails(classifier_answers: Path, shift: float) -> None:
    def wrong(row: dict[str, Any]) -> tuple[object, dict[str, float]]:
        label, probabilities = classify(row)
        return label, {**probabilities, "malign": probabilities["malign"] + shift}

    assert "sample rows" in failed(report_of(endpoint(wrong), classifier_answers))


def test_a_fault_on_bad_input_fails(classifier_answers: Path) -> None:
    http = endpoint()
    http.spoil["POST /no-such-path"] = problem(500)
    http.spoil["DELETE /predict"] = reply(405, {})
    assert failed(report_of(http, classifier_answers)) == {
        "refuses an unknown path": "POST /no-such-path got status 500, not 404",
        "refuses a wrong method": "status 405 came as application/json, not application/problem+json",
    }


@pytest.mark.parametrize(
    ("spoiled", "by", "check"),
    [
        ("GET /health", problem(503), "health"),
        ("GET /metadata", reply(200, {"model": "demo"}), "names its model version"),
        ("GET /openapi.json", reply(200, ["no object"]), "describes itself as OpenAPI"),
        ("POST /predict", reply(200, {"predictions": [1]}), "sample rows"),
        (
            "POST /predict",
            reply(200, {"predictions": [1], "model": {"name": "a", "version": "b"}}),
            "sample rows",
        ),
        ("POST /predict", problem(502), "latency"),
    ],
)
def test_what_breaks_the_contract_fails_its_check(
    classifier_answers: Path, spoiled: str, by: Any, check: str
) -> None:
    http = endpoint()
    http.spoil[spoiled] = by
    assert check in failed(report_of(http, classifier_answers))


def test_an_endpoint_that_is_not_there_is_an_error(classifier_answers: Path) -> None:
    with pytest.raises(EndpointError, match="no answer"):
        report_of(FakeEndpoint({}, columns=()), classifier_answers)


def test_answers_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match="cannot be read"):
        report_of(endpoint(), tmp_path / "absent.json")


def test_a_key_goes_with_each_request_and_the_endpoint_must_ask_for_it(classifier_answers: Path) -> None:
    report = report_of(endpoint(key="s3cret"), classifier_answers, key="s3cret")

    assert failed(report) == {}
    assert "refuses a request without its API key" in [check.name for check in report.checks]


def test_a_key_that_nobody_asks_for_is_told(classifier_answers: Path) -> None:
    report = report_of(endpoint(), classifier_answers, key="s3cret")

    told = failed(report)["refuses a request without its API key"]
    assert told == "POST /predict without a key got status 422, not 401: anyone may call it"


def test_a_wrong_key_fails_with_what_the_endpoint_says(classifier_answers: Path) -> None:
    report = report_of(endpoint(key="s3cret"), classifier_answers, key="other")

    assert failed(report)["sample rows"] == "POST /predict with 100 rows got status 401: no"


@pytest.mark.parametrize("url", [URL, f"{URL}?tag=b", f"{URL}?tag=b&route=/"])
def test_an_address_without_paths_is_found_out(classifier_answers: Path, url: str) -> None:
    http = endpoint(has_paths=False)

    report = report_of(http, classifier_answers, url)

    assert failed(report) == {}
    assert report.routes == "query"
    assert all("tag=b" in query for query in http.queries) is ("tag=b" in url)


def test_an_address_with_paths_keeps_its_query(classifier_answers: Path) -> None:
    http = endpoint()

    report = report_of(http, classifier_answers, f"{URL}?tag=b")

    assert (failed(report), report.routes) == ({}, "path")
    assert all("tag=b" in query for query in http.queries)


def test_routes_that_are_given_are_not_found_out(classifier_answers: Path) -> None:
    report = report_of(endpoint(has_paths=False), classifier_answers, routes="path")

    assert "health" in failed(report)
    assert report.routes == "path"
