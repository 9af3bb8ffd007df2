"""Which tier a model ships in, end to end: converters, real wheels, the finished zip beside the original."""

from __future__ import annotations

import json
import re
import warnings
import zipfile
from pathlib import Path

import joblib
import pandas
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RationalQuadratic
from sklearn.neural_network import MLPClassifier
from tests.fakes.command import Emel

from emel.bundle import OWN

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def emel(tmp_path: Path) -> Emel:
    return Emel(tmp_path, tmp_path / "home")


def test_what_the_pure_tier_cannot_take_goes_to_the_next_with_the_reason(emel, tmp_path):
    rows, targets = load_diabetes(as_frame=True, return_X_y=True)
    model = GaussianProcessRegressor(RationalQuadratic(0.3), alpha=0.6, optimizer=None, normalize_y=True)
    joblib.dump(model.fit(rows[:100], targets[:100]), tmp_path / "gpr.joblib")
    rows[100:150].to_csv(tmp_path / "rows.csv", index=False)

    refused = emel("package", "gpr.joblib", "--sample", "rows.csv", "--tier", "pure")
    done = emel("package", "gpr.joblib", "--sample", "rows.csv", "--json", timeout=400)

    assert refused.returncode == 8
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["tier"], told["parity"]["ok"]) == ("onnx", True)
    assert "pure may not: " in told["reason"]
    assert told["zip_bytes"] < 30e6


def test_auto_takes_onnx_where_the_calls_of_an_instance_repay_its_start(emel, tmp_path):
    rows, labels = load_digits(return_X_y=True)
    model = MLPClassifier((400, 100), max_iter=2, random_state=0)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        joblib.dump(model.fit(rows, labels), tmp_path / "mlp.joblib")
    names = [f"p{place}" for place in range(rows.shape[1])]
    pandas.DataFrame(rows[:9], columns=names).to_csv(tmp_path / "rows.csv", index=False)
    # The choice is not to be made by latency.
    emel.env["EMEL_MODEL_MAX_LATENCY"] = "1"
    arguments = ("package", "mlp.joblib", "--sample", "rows.csv", "--explain")

    done = emel(*arguments, timeout=500)

    words = " ".join(done.stdout.split())
    assert re.search(r"tier onnx: .* its start is repaid after \d+ calls per instance; 1000 are", words)
    assert re.search(r"tiers tried pure start .*one call .* onnx start .* one call", words)


PREDICTOR = """
class Predictor:
    def __init__(self, model_path):
        self.limit = float(open(model_path).read())

    def predict(self, rows):
        return ["low" if row["x"] < self.limit else "high" for row in rows]
"""


def test_a_function_for_another_python_is_tried_under_it_or_says_under_which(emel, tmp_path):
    other = "3.12" if OWN == "3.14" else "3.14"
    (tmp_path / "predictor.py").write_text(PREDICTOR)
    (tmp_path / "limit.txt").write_text("1.5")
    (tmp_path / "rows.csv").write_text("x\n1\n2\n")
    emel.env.update(EMEL_FUNCTION_PYTHON=other, EMEL_MODEL_PREDICTOR="predictor.py")

    done = emel("package", "limit.txt", "--sample", "rows.csv", "--json")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    at_hand = told["bytecode"] == [other]
    assert (told["python"], told["parity"]["python"]) == (other, other if at_hand else OWN)
    assert told["signature"]["labels"] == ["high", "low"]
    with zipfile.ZipFile(told["path"]) as archive:
        compiled = [name for name in archive.namelist() if name.endswith(".pyc")]
    assert all(f".cpython-{other.replace('.', '')}." in name for name in compiled)
    assert bool(compiled) == at_hand
