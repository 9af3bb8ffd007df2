"""A function's name is made of any file's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emel.workflows.package import name_of


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Churn_v2 (new).joblib", "churn-v2-new"),
        ("model.pkl", "model"),
        ("mlruns/7/artifacts", "artifacts"),
        ("m.txt", "model-m"),
        ("2026.ubj", "model-2026"),
        ("модель.pkl", "model"),
        ("x" * 80 + ".pkl", "x" * 63),
    ],
)
def test_the_name_fits_a_function(file: str, name: str) -> None:
    assert name_of(Path(file)) == name
    assert re.fullmatch(r"[a-z][-a-z0-9]{1,61}[a-z0-9]", name)
