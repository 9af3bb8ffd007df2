"""LightGBM's text models."""

from __future__ import annotations

from pathlib import Path

import lightgbm


def read(path: Path, *, trusted: bool) -> lightgbm.Booster:
    """The booster in the file, which holds numbers alone."""
    return lightgbm.Booster(model_file=path)
