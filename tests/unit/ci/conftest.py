"""A project as its pipeline knows it."""

from __future__ import annotations

import pytest

from emel.ci import Spec


@pytest.fixture
def spec() -> Spec:
    return Spec(
        base="main",
        image="python:3.12-bookworm",
        install=('pip install --quiet "emel[all]==0.1.0" -r requirements.txt',),
        results=("dvc.lock", "metrics.json", "models/model.joblib", "data/test.csv"),
        lock="requirements.txt",
        cloud="local",
    )
