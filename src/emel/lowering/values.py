"""What readers hand to each other: the values of a program, and what a predictor makes of them."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import NamedTuple

Label = str | int | float | bool


class Column(NamedTuple):
    """An input of the model. `type` is that of the signature: float, integer, boolean or string.

    In a row, a string is a string or None where it is missing; all else is a float, NaN where it is missing.
    """

    name: str
    type: str = "float"
    missing: bool = False
    """Whether rows may lack it."""
    categories: tuple[str, ...] = ()
    """The strings that the sample has, if they are few."""


class Origin(NamedTuple):
    """The column that a position of a value was made from, by steps that keep its order (or none)."""

    column: int
    backs: tuple[Callable[[float], float], ...] = ()
    """From the position's number back to the column's, the last step first."""

    def before(self, back: Callable[[float], float]) -> Origin:
        """The origin after one more step, which `back` undoes."""
        return Origin(self.column, (back, *self.backs))

    def carry_back(self, number: float) -> float | None:
        """The column's number for one of the position's, if there is a finite one."""
        try:
            for back in self.backs:
                number = back(number)
        except ArithmeticError:
            return None
        return number if isfinite(number) else None


class Value(NamedTuple):
    """A value of a program, as readers see it: a vector with a known length."""

    place: int
    """Its number in the program; 0 is the input row."""
    origins: tuple[Origin | None, ...]
    """One per position; None where it was made from several columns, or not in order."""
    missing: bool = False
    """Whether a position may be missing."""
    sparse: bool = False
    """Whether it is a dict of position and number; `Program.add` sees to it."""
    matrix: bool = False
    """Whether scikit-learn makes a sparse matrix of it, of which XGBoost takes what is absent for missing."""

    @property
    def width(self) -> int:
        """How many positions it has."""
        return len(self.origins)


class Outputs(NamedTuple):
    """What a predictor makes of a value, so that both an answer and another estimator can be made of it.

    A classifier has `labels` and one or more of `probabilities`, `scores` and `label`; a regressor has
    `value`; clusterers and detectors of outliers have `labels` (the integers that `predict` gives) too. A
    predictor of several targets has `parts`, or a `value` with one number per target.
    """

    labels: tuple[Label, ...] = ()
    """`classes_`, in the order of probabilities and scores."""
    probabilities: Value | None = None
    """`predict_proba`."""
    scores: Value | None = None
    """`decision_function`: one per label, or a single one for two labels, positive for the second."""
    label: Value | None = None
    """The index of the predicted label. Without it, that is what the scores say, or else the probabilities:
    give it where `predict` decides in another way."""
    value: Value | None = None
    """A regressor's numbers."""
    parts: tuple[Outputs, ...] = ()


class Answer(NamedTuple):
    """The outputs of the whole model, ready to be written."""

    labels: tuple[Label, ...] | tuple[tuple[Label, ...], ...]
    """Of a classifier with several targets the labels of each; none for regression."""
    outputs: int
    """Answers per row."""
    values: dict[str, Value]
    """`label`, and `probabilities` if the model has them; or `value`."""


class Notes(NamedTuple):
    """Where a lowered model would err first, as its readers noted it: columns, and what to put there."""

    thresholds: set[tuple[int, float]]
    """To be tried with their neighbours."""
    exact: set[tuple[int, float | str]]
    """To be tried as they are: categories, and what lies beside a threshold behind a scaler."""
