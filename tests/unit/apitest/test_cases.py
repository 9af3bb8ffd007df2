"""Cases of the user's own, and the report that GitLab reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.fakes.endpoint import FakeEndpoint

from emel.apitest import junit_xml, read_cases, run_endpoint_tests
from emel.errors import EndpointError
from emel.records import EndpointReport
from emel.system.clock import SystemClock


def report_of(folder: Path, **case: Any) -> EndpointReport:
    (folder / "grown.json").write_text(json.dumps(case), "utf-8")
    http = FakeEndpoint({"prod": lambda row: (row["size"] * 2, None)}, columns=("size",))
    return run_endpoint_tests(
        "http://prod/demo/prod",
        answers=None,
        tolerance=1e-6,
        http=http,
        clock=SystemClock(),
        cases=read_cases(folder),
    )


REQUEST = {"body": {"instances": [{"size": 1.5}]}}


def test_a_case_passes_whose_answer_has_what_is_expected(tmp_path: Path) -> None:
    report = report_of(tmp_path, request=REQUEST, expected={"body": {"predictions": [3.0000001]}})

    assert report.passed
    assert report.checks[-2].name == "case grown"


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ({"body": {"predictions": [3.1]}}, "body.predictions[0] is 3.0, not 3.1"),
        ({"body": {"predictions": [3.0, 1.0]}}, "body.predictions is [3.0], not [3.0, 1.0]"),
        ({"body": {"model": {"name": "other"}}}, "body.model.name is 'demo', not 'other'"),
        ({"body": {"probabilities": []}}, "body has no probabilities"),
        ({"status": 422}, "status 200, not 422"),
    ],
)
def test_a_case_fails_that_gets_something_else(tmp_path: Path, expected: Any, told: str) -> None:
    report = report_of(tmp_path, request=REQUEST, expected=expected)

    assert not report.passed
    assert told in report.checks[-2].detail


def test_a_case_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(EndpointError, match="cannot be read") as caught:
        report_of(tmp_path, request=REQUEST, expectd={})

    assert caught.value.where == str(tmp_path / "grown.json")


def test_junit_has_a_case_for_each_check_and_says_what_failed(tmp_path: Path) -> None:
    report = report_of(tmp_path, request=REQUEST, expected={"status": 404})

    root = ElementTree.fromstring(junit_xml(report))

    assert [case.get("name") for case in root.iter("testcase")] == [check.name for check in report.checks]
    assert root.get("failures") == "1"
    assert "status 200, not 404" in (next(root.iter("failure")).get("message") or "")
