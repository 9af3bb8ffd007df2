"""Runs the original model by the libraries that lie in the bundle, or a Predictor of the user's own.

The manifest's `engine` is {form} for a pickled model: how it takes its rows (see tables.py); or
{predictor: module} for a class

    class Predictor:
        def __init__(self, model_path: str) -> None: ...
        def predict(self, rows: list[dict]) -> list: ...       # one label, number or list of numbers a row

whose rows are objects of column and value, None where a value is missing. Opening a pickle runs the code in
it: it is the very file that was packaged, as its digest shows.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec

from emel_runtime.habits import habits
from emel_runtime.pure import TOO_LARGE, Unanswerable
from emel_runtime.tables import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Row = Sequence[float | str | None]

# NumPy would start a thread per processor.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

REFUSALS = (ValueError, TypeError)
"""What libraries raise for rows that they do not take."""


class PythonModel:
    """The pickled model in a file. `labels` is empty for regression."""

    def __init__(self, path: str, form: str, signature: Mapping[str, Any]) -> None:
        self.labels: list[Any] = signature["labels"]
        self._form = form
        self._columns = _shape(signature)
        reader = import_module("joblib" if find_spec("joblib") else "pickle")
        with open(path, "rb") as file:  # noqa: PTH123
            self._model = reader.load(file)
        self._habits = habits(self._model, [name for name, _, _ in self._columns])
        self._probable = signature["outputs"] == 1 and hasattr(self._model, "predict_proba")

    def answer(self, rows: Sequence[Row]) -> tuple[list[Any], list[list[float]] | None]:
        """Predictions, and probabilities in the order of `labels` where the model has them.

        Errors: Unanswerable, which tells the row.
        """
        asked = answered_each(self._ask, rows)
        predictions = plain([prediction for prediction, _ in asked])
        if not self.labels or not self._probable:
            return predictions, None
        return predictions, plain([shares for _, shares in asked])

    def _ask(self, rows: Sequence[Row]) -> list[tuple[Any, Any]]:
        given = table(self._form, self._columns, rows, self._habits)
        predictions = self._model.predict(given)
        if getattr(predictions, "ndim", 1) > 1 and predictions.shape[1] == 1:
            predictions = predictions.ravel()
        shares = self._model.predict_proba(given) if self.labels and self._probable else predictions
        return list(zip(predictions.tolist(), shares.tolist(), strict=True))


class OwnPredictor:
    """The user's class, in a module at the bundle's root."""

    def __init__(self, path: str, module: str, signature: Mapping[str, Any]) -> None:
        self.labels: list[Any] = signature["labels"]
        self._columns = _shape(signature)
        self._predictor = import_module(module).Predictor(path)

    def answer(self, rows: Sequence[Row]) -> tuple[list[Any], None]:
        """One prediction a row. Errors: Unanswerable, which tells the row."""
        return plain(answered_each(self._ask, rows)), None

    def _ask(self, rows: Sequence[Row]) -> list[Any]:
        answers = list(self._predictor.predict(table("rows", self._columns, rows)))
        if len(answers) != len(rows):
            raise RuntimeError(f"Predictor.predict gave {len(answers)} answers to {len(rows)} rows")
        return answers


def answered_each(ask: Any, rows: Sequence[Row]) -> list[Any]:
    """What `ask` answers to all rows; where it refuses them, the first that it refuses alone is told.

    Errors: Unanswerable.
    """
    try:
        return list(ask(rows))
    except REFUSALS as problem:
        if len(rows) == 1:
            raise Unanswerable(0, f"the model refuses it: {_first_line(problem)}") from problem
    return [one for number, row in enumerate(rows) for one in _answered_alone(ask, row, number)]


def plain(answers: Sequence[Any]) -> list[Any]:
    """Answers as Python's own values. Errors: Unanswerable for a number that is not finite."""
    found = [one.tolist() if hasattr(one, "tolist") else one for one in answers]
    for number, one in enumerate(found):
        for value in one if isinstance(one, list | tuple) else (one,):
            if isinstance(value, float) and value - value != 0.0:
                raise Unanswerable(number, TOO_LARGE)
    return found


def _shape(signature: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    return [(one["name"], one["type"], one["missing"]) for one in signature["columns"]]


def _answered_alone(ask: Any, row: Row, number: int) -> list[Any]:
    try:
        return list(ask([row]))
    except REFUSALS as problem:
        raise Unanswerable(number, f"the model refuses it: {_first_line(problem)}") from problem


def _first_line(problem: Exception) -> str:
    return str(problem).strip().partition("\n")[0]
