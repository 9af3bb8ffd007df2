"""A function's name is made of any file's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emel.workflows.names import function_name


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Churn_v2 (new).joblib", "churn-v2-new"),
        ("model.pkl", "model"),
        ("mlruns/7/artifacts", "artifacts"),
        ("m.txt", "model-m"),
        ("2026.ubj", "model-2026"),
        ("модель.pkl", "model"),
        ("Überblick für Éva", "uberblick-fur-eva"),
        ("x" * 80 + ".pkl", "x" * 63),
    ],
)
def test_the_name_fits_a_function(file: str, name: str) -> None:
    assert function_name(Path(file).stem) == name
    assert re.fullmatch(r"[a-z][-a-z0-9]{1,61}[a-z0-9]", name)
