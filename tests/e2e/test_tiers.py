"""Which tier a model ships in, end to end: converters, real wheels, the finished zip beside the original."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import joblib
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_wine
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.fakes.command import Emel

from emel.bundle import OWN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def emel(tmp_path: Path) -> Emel:
    return Emel(tmp_path, tmp_path / "home")


def test_what_the_pure_tier_cannot_take_goes_to_the_next_with_the_reason(emel, tmp_path):
    rows, targets = load_diabetes(as_frame=True, return_X_y=True)
    model = GaussianProcessRegressor(RBF() + WhiteKernel(), normalize_y=True, random_state=0)
    joblib.dump(model.fit(rows[:100], targets[:100]), tmp_path / "gpr.joblib")
    rows[100:150].to_csv(tmp_path / "rows.csv", index=False)

    refused = emel("package", "gpr.joblib", "--sample", "rows.csv", "--tier", "pure")
    done = emel("package", "gpr.joblib", "--sample", "rows.csv", "--json", timeout=400)

    assert refused.returncode == 8
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["tier"], told["parity"]["ok"]) == ("onnx", True)
    assert "pure may not: the pure tier cannot take" in told["reason"]
    assert told["zip_bytes"] < 30e6


def test_columns_of_any_name_reach_their_inputs_under_another_python_than_this_one(emel, tmp_path):
    other = "3.12" if OWN == "3.14" else "3.14"
    emel.env["EMEL_FUNCTION_PYTHON"] = other
    rows, labels = load_wine(as_frame=True, return_X_y=True)
    assert any("/" in name for name in rows.columns)
    first = make_column_transformer((StandardScaler(), list(rows.columns)))
    joblib.dump(make_pipeline(first, LogisticRegression()).fit(rows, labels), tmp_path / "wine.joblib")
    rows.to_csv(tmp_path / "rows.csv", index=False)

    done = emel("package", "wine.joblib", "--sample", "rows.csv", "--tier", "onnx", "--json", timeout=400)

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["parity"]["ok"]
    assert told["python"] == other
    # Where that one is not at hand, the same with libraries for this one was tried.
    at_hand = told["bytecode"] == [other]
    assert told["parity"]["python"] == (other if at_hand else OWN)
    with zipfile.ZipFile(told["path"]) as archive:
        compiled = [name for name in archive.namelist() if name.endswith(".so") and ".cpython-" in name]
    assert compiled and all(f".cpython-{other.replace('.', '')}-" in name for name in compiled)
