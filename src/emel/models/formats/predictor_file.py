"""A Predictor of the user's own: it opens the model file by itself."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from emel.errors import ModelError


class Predictor:
    """The user's predictor as an estimator whose rows are objects of column and value."""

    takes_rows = True

    def __init__(self, own: Any) -> None:
        self._own = own

    def predict(self, rows: list[dict[str, Any]]) -> list[Any]:
        """One answer a row."""
        answers = list(self._own.predict(rows))
        if len(answers) != len(rows):
            raise ValueError(f"Predictor.predict gave {len(answers)} answers to {len(rows)} rows")
        return answers


def read(path: Path, *, trusted: bool) -> Predictor:
    """`Predictor(path)` of the module `predictor`. Errors: ModelError when it has no such class."""
    module = importlib.import_module("predictor")
    own = getattr(module, "Predictor", None)
    if own is None:
        raise ModelError(
            "predictor.py has no class Predictor",
            hint="write one with __init__(self, model_path) and predict(self, rows)",
        )
    return Predictor(own(str(path)))
