"""From a fitted model to the pure tier's tables.

This runs in the project's own environment, beside whatever libraries made the model: it imports the
standard library, `emel.errors` and `emel_runtime`, and nothing else. One file per family of models; a new
class is a reader in its family's file and a line in the tables of compose.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from emel.errors import ModelError, UnsupportedModelError
from emel.lowering.builder import Label, Program
from emel.lowering.compose import describe, read_predictor

__all__ = ["Lowered", "describe", "lower"]


class Lowered(NamedTuple):
    """A lowered model: the bytes of model.emel, and its labels (none for regression)."""

    data: bytes
    labels: tuple[Label, ...]


def lower(model: Any, columns: Sequence[str], *, missing: bool) -> Lowered:
    """Lower a fitted model that takes these columns; `missing` says whether rows may lack values.

    Errors: UnsupportedModelError naming the class and the step, ModelError when it has no `predict` or is
    not fitted.
    """
    if not callable(getattr(model, "predict", None)):
        raise ModelError(
            f"{describe(model)} has no predict",
            hint="save the fitted model itself, or the pipeline that ends with it",
        )
    program = Program(columns, missing=missing)
    try:
        outputs = read_predictor(model, program, 0)
    except AttributeError as problem:
        raise ModelError(
            f"{describe(model)} cannot be read: {problem}",
            hint="fit the model before saving it, with scikit-learn 1.3 or newer",
        ) from problem
    for label in outputs.labels:
        if not isinstance(label, str | int | float | bool):
            raise UnsupportedModelError(f"the label {label!r} is no string, number or boolean")
    return Lowered(program.encode(outputs), outputs.labels)
