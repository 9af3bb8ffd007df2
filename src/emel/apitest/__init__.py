"""Tests of a live endpoint, and two endpoints side by side on the same rows."""

from emel.apitest.cases import read_cases
from emel.apitest.client import read_answers
from emel.apitest.contract import require_schemathesis
from emel.apitest.endpoint import run_endpoint_tests
from emel.apitest.junit import junit_xml
from emel.apitest.requests import rows_of_requests
from emel.apitest.shadow import compare_endpoints

__all__ = [
    "compare_endpoints",
    "junit_xml",
    "read_answers",
    "read_cases",
    "require_schemathesis",
    "rows_of_requests",
    "run_endpoint_tests",
]
