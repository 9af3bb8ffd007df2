"""A lowered model beside its original, on rows and on the boundary rows made from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from emel.lowering import Column, lower
from emel.lowering.boundary import boundary_rows
from emel.lowering.original import Original
from emel_runtime.pure import load


class Beside(NamedTuple):
    """What both said. Rows are the given ones, and then as many boundary rows as `boundary` says."""

    rows: list[list[Any]]
    boundary: int
    labels_equal: bool
    """Of a classifier: equal in value and type."""
    difference: float
    """The largest of the probabilities, or of a regressor's numbers (relative for those above 1)."""
    predictions: list[Any]
    probabilities: list[Any] | None


def held_out(load_data: Any) -> tuple[np.ndarray, np.ndarray, list[list[float]]]:
    """Two thirds of a data set of scikit-learn to train on, and the rest as rows."""
    x, y = load_data(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(x))
    train, rest = order[: len(x) * 2 // 3], order[len(x) * 2 // 3 :]
    return x[train], y[train], x[rest].tolist()


def coded(x: np.ndarray) -> np.ndarray:
    """Irises whose second column is a code of the petal's length, and the best that is left to know them."""
    codes = np.round(x[:, 2] * 2) * 5 % 13
    return np.column_stack([x[:, 0], codes, x[:, 1], x[:, 1] * 0])


def columns(names: Iterable[str] | int, *, missing: bool = False) -> list[Column]:
    """Columns of floats, by name or by their number."""
    known = [f"c{place}" for place in range(names)] if isinstance(names, int) else names
    return [Column(name, missing=missing) for name in known]


def beside(
    model: Any, rows: Sequence[Sequence[Any]], inputs: Sequence[Column] | None = None, *, limit: int = 3000
) -> Beside:
    """Ask both. Without `inputs`, the columns are floats that are never missing."""
    inputs = inputs or columns(len(rows[0]))
    given = [list(row) for row in rows]
    lowered = lower(model, inputs)
    original = Original(model, inputs, probabilities=bool(lowered.labels) and lowered.outputs == 1)
    made = original.accepted(boundary_rows(lowered.notes, inputs, given, limit))
    asked = given + made
    expected, shares = original.answers(asked)
    predictions, probabilities = load(lowered.data).answer(asked)
    assert (shares is None) == (probabilities is None)
    if lowered.labels:
        equal = repr(predictions) == repr(expected)
        difference = 0.0 if shares is None else float(np.abs(np.array(probabilities) - shares).max())
    else:
        one, other = np.array(predictions), np.array(expected)
        equal = one.shape == other.shape
        difference = float((np.abs(one - other) / np.maximum(1, np.abs(other))).max())
    return Beside(asked, len(made), equal, difference, predictions, probabilities)
