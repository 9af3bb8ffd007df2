"""A fresh process is timed to its first answer, beside a bare interpreter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from emel.bundle import build, measure_cold_start
from emel.errors import BundleError
from emel.system.process import SystemProcess


@pytest.fixture
def zip_path(make_artifact: Any, tmp_path: Path) -> Path:
    process = SystemProcess()
    return build(make_artifact(), version="v1", commit=None, output=tmp_path / "f.zip", process=process).path


def test_the_function_is_measured_beside_a_bare_interpreter(zip_path: Path, make_artifact: Any) -> None:
    cold = measure_cold_start(zip_path, make_artifact().answers, process=SystemProcess(), rounds=3)

    assert cold.bare_interpreter_seconds > 0 and cold.seconds > 0
    assert 0 < cold.warm_call_seconds < cold.cpu_seconds < 5
    assert 4e6 < cold.peak_rss_bytes < 16e6


def test_a_function_that_fails_is_an_error(zip_path: Path, make_artifact: Any) -> None:
    answers = make_artifact(rows=[["text", 1.0]], predictions=["no"], probabilities=[[1.0, 0.0]]).answers

    with pytest.raises(BundleError, match="cannot be measured"):
        measure_cold_start(zip_path, answers, process=SystemProcess(), rounds=1)
