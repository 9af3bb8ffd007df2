"""The tests of an endpoint as JUnit's XML, which GitLab shows in the merge request.

Source: docs.gitlab.com/ci/testing/unit_test_reports
"""

from __future__ import annotations

from xml.etree import ElementTree

from emel.records import EndpointReport


def junit_xml(report: EndpointReport) -> bytes:
    """The file's content: one test case a check."""
    failed = sum(not check.passed for check in report.checks)
    seconds = f"{sum(check.seconds for check in report.checks):.6f}"
    counts = {"tests": str(len(report.checks)), "failures": str(failed), "errors": "0", "time": seconds}
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": f"emel test {report.url}", **counts})
    for check in report.checks:
        attributes = {"classname": "emel.test", "name": check.name, "time": f"{check.seconds:.6f}"}
        case = ElementTree.SubElement(suite, "testcase", attributes)
        detail = "".join(letter if letter.isprintable() else " " for letter in check.detail)
        if not check.passed:
            ElementTree.SubElement(case, "failure", {"message": detail}).text = detail
    ElementTree.indent(root)
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"
