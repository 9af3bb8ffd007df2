"""A Predictor of the user's own: it opens the model file by itself."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from emel.errors import ModelError

ANSWER = (str, int, float, list, tuple)
ANSWERS = "return a list with one label, number or list of numbers for each row"


class Predictor:
    """The user's predictor as an estimator whose rows are objects of column and value."""

    takes_rows = True

    def __init__(self, own: Any) -> None:
        self._own = own

    def predict(self, rows: list[dict[str, Any]]) -> list[Any]:
        """One answer a row. Errors: ValueError where the user's code raises, ModelError for other answers."""
        try:
            answers = list(self._own.predict(rows))
        # It may raise anything, and raises it for the rows.
        except Exception as problem:
            raise ValueError(f"Predictor.predict raises {type(problem).__name__}: {problem}") from problem
        if len(answers) != len(rows):
            raise ModelError(
                f"Predictor.predict gave {len(answers)} answers to {len(rows)} rows", hint=ANSWERS
            )
        odd = [one for one in answers if not isinstance(one, ANSWER) and not hasattr(one, "tolist")]
        if odd:
            raise ModelError(f"Predictor.predict answered a row with {type(odd[0]).__name__}", hint=ANSWERS)
        return answers


def read(path: Path, *, trusted: bool) -> Predictor:
    """`Predictor(path)` of the module `predictor`. Errors: ModelError when there is none, or it raises."""
    module = importlib.import_module("predictor")
    own = getattr(module, "Predictor", None)
    if own is None:
        raise ModelError(
            "predictor.py has no class Predictor",
            hint="write one with __init__(self, model_path) and predict(self, rows)",
        )
    try:
        return Predictor(own(str(path)))
    except Exception as problem:
        raise ModelError(
            f"Predictor(model_path) raises {type(problem).__name__}: {problem}", hint="mend predictor.py"
        ) from problem
