"""LightGBM's text models."""

from __future__ import annotations

from pathlib import Path

import lightgbm

from emel.errors import ModelError

LAST_LINE = b"\nend of trees\n"


def read(path: Path, *, trusted: bool) -> lightgbm.Booster:
    """The booster in the file, which holds numbers alone. Errors: ModelError."""
    # LightGBM itself takes the trees that it finds, and answers with those.
    if LAST_LINE not in path.read_bytes().replace(b"\r\n", b"\n"):
        raise ModelError("the model breaks off before its last tree", hint="save or copy it anew")
    return lightgbm.Booster(model_file=path)
