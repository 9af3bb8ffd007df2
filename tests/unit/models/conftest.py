"""Real models on real data, as a training script would save them."""

from __future__ import annotations

from pathlib import Path

import joblib
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A folder with model.joblib, which knows its columns by name, and sample.csv with the target."""
    frame = load_iris(as_frame=True).frame
    x, y = frame.drop(columns="target"), frame["target"]
    joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y), tmp_path / "model.joblib")
    frame.iloc[::5].to_csv(tmp_path / "sample.csv", index=False)
    return tmp_path
