"""What GitLab shows by itself, in every edition: test results and links of a job; and its metrics report.

Sources: docs.gitlab.com/ci/testing/unit_test_reports, docs.gitlab.com/ci/testing/metrics_reports (shown with
Premium and Ultimate), docs.gitlab.com/ci/yaml/artifacts_reports (annotations).
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from xml.etree import ElementTree

from emel.records import Check, Scalar, Verdict


def junit_xml(verdict: Verdict, failure: str | None = None) -> bytes:
    """The gate as tests: one case a rule, so that a rule that is not met stands in the merge request. A
    pipeline that failed is a case too."""
    failed = sum(not check.passed for check in verdict.checks) + (failure is not None)
    count = len(verdict.checks) + (failure is not None)
    counts = {"tests": str(count), "failures": str(failed), "errors": "0", "time": "0"}
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": "emel gate", **counts})
    for check in verdict.checks:
        name = _printable(f"{check.metric}: {_rule(check)}")
        case = ElementTree.SubElement(
            suite, "testcase", {"classname": "emel.gate", "name": name, "time": "0"}
        )
        if not check.passed:
            _fail(case, check.text)
    if failure is not None:
        attributes = {"classname": "emel.run", "name": "the pipeline", "time": "0"}
        _fail(ElementTree.SubElement(suite, "testcase", attributes), failure)
    ElementTree.indent(root)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def open_metrics(metrics: Mapping[str, Scalar]) -> str:
    """Metrics that are numbers, as OpenMetrics text: gauges, whose names are spelt as that format allows.

    A spelling that several metrics share gets a label with the name as it is. Source:
    https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
    """
    numbers = {name: float(value) for name, value in metrics.items() if isinstance(value, (bool, int, float))}
    spelt = Counter(_spelling(name) for name in numbers)
    ordered = sorted(numbers, key=_spelling)
    lines: list[str] = []
    for name in ordered:
        spelling = _spelling(name)
        label = "" if spelt[spelling] == 1 else f'{{name="{_label(name)}"}}'
        kind = f"# TYPE {spelling} gauge"
        lines += [line for line in (kind,) if line not in lines]
        lines.append(f"{spelling}{label} {_number(numbers[name])}")
    return "\n".join([*lines, "# EOF"]) + "\n"


def annotations_json(links: Mapping[str, str]) -> bytes:
    """Links for the page of the job, by their words. Only addresses of the web are taken."""
    entries = [
        {"external_link": {"label": label, "url": url}}
        for label, url in links.items()
        if re.match(r"https?://", url)
    ]
    return json.dumps({"emel": entries}, ensure_ascii=False, indent=2).encode() + b"\n"


def _fail(case: ElementTree.Element, why: str) -> None:
    text = _printable(why)
    ElementTree.SubElement(case, "failure", {"message": text}).text = text


def _rule(check: Check) -> str:
    words = {"min": "at least", "max": "at most", "max_drop": "not worse than the base by more than"}
    return f"{words[check.rule]} {check.limit:g}"


def _spelling(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "metric"
    return plain if not plain[0].isdigit() else f"_{plain}"


def _label(name: str) -> str:
    return name.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(value)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
