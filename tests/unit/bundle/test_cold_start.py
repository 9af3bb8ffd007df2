"""A fresh process is timed to its first answer, beside a bare interpreter and the original."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from emel.bundle import build, measure_cold_start
from emel.errors import BundleError
from emel.records import OriginalModel
from emel.system.process import SystemProcess


@pytest.fixture
def zip_path(make_artifact: Any, tmp_path: Path) -> Path:
    process = SystemProcess()
    return build(make_artifact(), version="v1", commit=None, output=tmp_path / "f.zip", process=process).path


def test_the_function_is_measured_beside_a_bare_interpreter(zip_path: Path, make_artifact: Any) -> None:
    cold = measure_cold_start(
        zip_path, make_artifact().answers, original=None, process=SystemProcess(), rounds=3
    )

    assert cold.bare_interpreter_seconds > 0 and cold.seconds > 0
    assert 0 < cold.warm_call_seconds < cold.cpu_seconds < 5
    assert 4e6 < cold.peak_rss_bytes < 16e6
    assert (cold.original_seconds, cold.original_peak_rss_bytes) == (None, None)


@pytest.mark.slow
def test_the_original_is_measured_in_the_same_rounds(
    zip_path: Path, make_artifact: Any, tmp_path: Path
) -> None:
    model = LogisticRegression().fit(np.array([[0.0, 1.0], [1.0, 0.0]]), [0, 1])
    joblib.dump(model, tmp_path / "model.joblib")

    cold = measure_cold_start(
        zip_path,
        make_artifact().answers,
        original=OriginalModel(model=tmp_path / "model.joblib"),
        process=SystemProcess(),
        rounds=1,
    )

    assert cold.original_seconds is not None
    assert cold.original_peak_rss_bytes is not None
    assert cold.original_seconds > cold.seconds
    assert cold.original_peak_rss_bytes > cold.peak_rss_bytes


@pytest.mark.slow
def test_the_original_is_asked_a_row_without_gaps(zip_path: Path, make_artifact: Any, tmp_path: Path) -> None:
    """One row with a gap makes a frame whose column has another type than the model was trained on."""
    rows = [[None, 1.0], [0.5, None], [0.25, 2.0]]
    frame = pd.DataFrame(rows[2:], columns=["a", "b"])
    joblib.dump(LinearRegression().fit(frame, [1.0]), tmp_path / "model.joblib")

    cold = measure_cold_start(
        zip_path,
        make_artifact(rows=rows, sample_rows=3, form="frame").answers,
        original=OriginalModel(model=tmp_path / "model.joblib"),
        process=SystemProcess(),
        rounds=1,
    )

    assert cold.original_seconds is not None


def test_a_function_that_fails_is_an_error(zip_path: Path, make_artifact: Any) -> None:
    answers = make_artifact(rows=[["text", 1.0]], predictions=["no"], probabilities=[[1.0, 0.0]]).answers

    with pytest.raises(BundleError, match="cannot be measured"):
        measure_cold_start(zip_path, answers, original=None, process=SystemProcess(), rounds=1)
