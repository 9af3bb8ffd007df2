"""The files that GitLab reads by itself, read by others' readers."""

from __future__ import annotations

import json
import math
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tests.fakes import results

from emel.records import Scalar, Verdict
from emel.report.artifacts import annotations_json, junit_xml, open_metrics


def read(text: str) -> dict[str, float]:
    """Each sample with the label of its name, if it has one."""
    return {
        sample.labels.get("name", sample.name): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_rule_of_the_gate_is_a_test_case() -> None:
    root = ElementTree.fromstring(junit_xml(results.comparison(accuracy=0.89).verdict))
    cases = {case.attrib["name"]: case.find("failure") for case in root.iter("testcase")}

    assert root.attrib["tests"] == "3" and root.attrib["failures"] == "2"
    assert [name for name, failure in cases.items() if failure is None] == ["log_loss: at most 0.2"]
    failure = cases["accuracy: at least 0.9"]
    assert failure is not None and failure.attrib["message"] == "accuracy is 0.89, below 0.9"


def test_without_rules_there_is_a_suite_without_tests() -> None:
    root = ElementTree.fromstring(junit_xml(Verdict(passed=True, checks=())))

    assert root.attrib["tests"] == "0"


def test_metrics_that_are_numbers_are_gauges() -> None:
    text = open_metrics({"test.accuracy": 0.97, "rows": 142, "ok": True, "name": "forest", "none": None})

    assert read(text) == {"test_accuracy": 0.97, "rows": 142.0, "ok": 1.0}
    assert text.endswith("# EOF\n") and "# TYPE test_accuracy gauge\n" in text


def test_metrics_that_would_be_spelt_alike_keep_their_names() -> None:
    metrics: dict[str, Scalar] = {"a.b": 1.0, "a/b": 2.0, 'a"b\\': 3.0, "1st": 4.0, "точность": 5.0}

    assert read(open_metrics(metrics)) == {"a.b": 1.0, "a/b": 2.0, 'a"b\\': 3.0, "_1st": 4.0, "metric": 5.0}


@given(st.dictionaries(st.text(max_size=8), st.floats() | st.integers(-(10**9), 10**9), max_size=6))
def test_any_metrics_can_be_read(metrics: dict[str, Scalar]) -> None:
    values = list(read(open_metrics(metrics)).values())

    assert len(values) == len(metrics)
    assert sorted(
        str(float(value)) for value in metrics.values() if isinstance(value, (int, float))
    ) == sorted(map(str, values))


def test_special_values_have_their_spelling() -> None:
    found = read(open_metrics({"a": math.inf, "b": -math.inf}))

    assert found == {"a": math.inf, "b": -math.inf}
    assert "c NaN\n" in open_metrics({"c": math.nan})


def test_links_of_the_web_stand_on_the_page_of_the_job() -> None:
    links = {"Model report": "https://gitlab.com/x", "bad": "javascript:alert(1)", "é": "http://127.0.0.1/a"}

    assert json.loads(annotations_json(links)) == {
        "emel": [
            {"external_link": {"label": "Model report", "url": "https://gitlab.com/x"}},
            {"external_link": {"label": "é", "url": "http://127.0.0.1/a"}},
        ]
    }


def test_a_pipeline_that_failed_is_a_failed_test() -> None:
    told = junit_xml(Verdict(passed=False, checks=()), "stage `train` failed").decode()

    assert 'tests="1" failures="1"' in told
    assert '<failure message="stage `train` failed">' in told
