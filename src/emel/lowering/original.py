"""The original model, asked for the answers that the lowered one has to give.

Rows are lists of one cell per column: a string or None in a column of strings, else a float, NaN where it
is missing.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any, Literal

from emel.errors import SampleError
from emel.lowering.builder import names_of
from emel.lowering.values import Column
from emel_runtime.habits import habits
from emel_runtime.tables import table

Cell = float | str | None
Row = list[Cell]
Form = Literal["frame", "array", "texts", "dicts", "rows"]
"""How a model was given its rows in training: a pandas.DataFrame, a NumPy array, a list of strings for text
vectorisers, a list of dicts without what is missing for DictVectorizer, with None there for a Predictor."""
REFUSALS = (ValueError, TypeError, IndexError, AttributeError)
"""What libraries raise for rows that they do not take; CategoricalNB looks up an unseen category, and
vectorisers ask a missing text for its letters."""


class Original:
    """A fitted model that takes these columns. `probabilities` says whether to ask for them too."""

    def __init__(self, model: Any, columns: Sequence[Column], *, probabilities: bool) -> None:
        self.form: Form = form_of(model)
        self._habits = habits(model, [column.name for column in columns])
        self._model = model
        self._columns = tuple(columns)
        self._probabilities = probabilities and hasattr(model, "predict_proba")

    def accepted(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that the model does not refuse, and answers with finite numbers; found by halving."""
        if not rows:
            return []
        try:
            answered = all(map(_finite, self._ask(rows)))
        except REFUSALS:
            answered = False
        if answered:
            return list(rows)
        middle = len(rows) // 2
        return self.accepted(rows[:middle]) + self.accepted(rows[middle:]) if middle else []

    def answers(self, rows: Sequence[Row]) -> tuple[list[Any], list[list[float]] | None]:
        """Predictions (lists of them for several targets), and probabilities if they are asked for and the
        model has them. Errors: SampleError."""
        try:
            predictions, *shares = self._ask(rows)
        except REFUSALS as problem:
            raise SampleError(
                f"the original model refuses the sample: {str(problem).strip().partition(chr(10))[0]}",
                hint="take the sample from the data that the model was trained on",
            ) from problem
        if not all(map(_finite, (predictions, *shares))):
            raise SampleError(
                "the original model answers some rows of the sample with no finite number",
                hint="leave those rows out of the sample",
            )
        if predictions.ndim > 1 and predictions.shape[1] == 1:
            predictions = predictions.ravel()
        return predictions.tolist(), shares[0].tolist() if shares else None

    def _ask(self, rows: Sequence[Row]) -> list[Any]:
        numpy = importlib.import_module("numpy")
        table = self._given(self.table(rows))
        asked = [self._model.predict(table)]
        if self._probabilities:
            asked.append(self._model.predict_proba(table))
        return [numpy.asarray(answer) for answer in asked]

    def _given(self, table: Any) -> Any:
        """The table as `predict` takes it: a native booster of XGBoost has a matrix of its own."""
        if names_of(self._model)[0] != "xgboost.Booster":
            return table
        booster = self._model
        # A frame of categories brings names and types of its own.
        types = None if self._habits else booster.feature_types
        return importlib.import_module("xgboost").DMatrix(
            table, feature_names=booster.feature_names, feature_types=types, enable_categorical=True
        )

    def table(self, rows: Sequence[Row]) -> Any:
        """Rows as the model was given them in training."""
        shape = [(one.name, one.type, one.missing) for one in self._columns]
        return table(self.form, shape, rows, self._habits)


def form_of(model: Any) -> Form:
    """How a model takes its rows, by its first step."""
    if getattr(model, "takes_rows", False):
        return "rows"
    first = _first_step(model)
    if callable(getattr(first, "build_analyzer", None)):
        return "texts"
    if type(first).__name__ == "DictVectorizer":
        return "dicts"
    named = hasattr(model, "feature_names_in_") or _knows_frames(model)
    return "frame" if named and importlib.util.find_spec("pandas") else "array"


def _knows_frames(model: Any) -> bool:
    """Whether a native booster was trained on pandas' categories."""
    if names_of(model)[0] == "xgboost.Booster":
        return "c" in (model.feature_types or ())
    return names_of(model)[0] == "lightgbm.Booster" and bool(model.pandas_categorical)


def _first_step(model: Any) -> Any:
    while True:
        if hasattr(model, "best_estimator_"):
            model = model.best_estimator_
        elif getattr(model, "steps", None):
            model = next((step for _, step in model.steps if step not in (None, "passthrough")), None)
        elif getattr(model, "transformer_list", None):
            model = model.transformer_list[0][1]
        else:
            return model


def _finite(answers: Any) -> bool:
    # NaN is not less than anything.
    return answers.dtype.kind != "f" or bool((abs(answers) < float("inf")).all())
