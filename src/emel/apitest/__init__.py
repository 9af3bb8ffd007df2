"""Tests of a live endpoint, and two endpoints side by side on the same rows."""

from emel.apitest.endpoint import run_endpoint_tests
from emel.apitest.shadow import compare_endpoints

__all__ = ["compare_endpoints", "run_endpoint_tests"]
