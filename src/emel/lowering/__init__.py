"""From a fitted model to the pure tier's tables.

This runs in the project's own environment, beside whatever libraries made the model: it imports the
standard library, `emel.errors` and `emel_runtime`, and nothing else. One file per family of models; how a
reader is written stands in registry.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from emel.errors import ModelError, UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.registry import READERS, describe
from emel.lowering.values import Column, Label, Notes
from emel_runtime.habits import habits

__all__ = ["Column", "Lowered", "Made", "describe", "lower"]


class Lowered(NamedTuple):
    """A lowered model: the bytes of model.emel, and what is known of its answers."""

    data: bytes
    labels: tuple[Label, ...] | tuple[tuple[Label, ...], ...]
    """None for regression; with several outputs, the labels of each."""
    outputs: int
    """Answers per row."""
    notes: Notes
    """Where the boundary rows should lie."""


class Made(NamedTuple):
    """A model made ready for any tier."""

    data: bytes
    """What the function opens."""
    labels: tuple[Label, ...] | tuple[tuple[Label, ...], ...]
    outputs: int
    notes: Notes
    engine: dict[str, Any]
    """What the function must know to open and ask it; see the module of the tier in emel_runtime."""
    requirements: str
    """The libraries that the function needs, with their versions, as a requirements file."""
    sources: dict[str, str]
    """Path in the function → path of a module of the user's."""


def lower(model: Any, columns: Sequence[Column]) -> Lowered:
    """Lower a fitted model that takes these columns.

    Errors: UnsupportedModelError naming the class and the step, ModelError when it has no `predict` or is
    not fitted.
    """
    if not callable(getattr(model, "predict", None)):
        raise ModelError(
            f"{describe(model)} has no predict",
            hint="save the fitted model itself, or the pipeline that ends with it",
        )
    known = habits(model, [column.name for column in columns])
    nones = [place for place, column in enumerate(columns) if known.get(column.name, known) is None]
    program = Program(columns, READERS, nones)
    try:
        answer = program.finish(program.read_predictor(model, program.row))
    except AttributeError as problem:
        raise ModelError(
            f"{describe(model)} cannot be read: {problem}",
            hint="fit the model before saving it, with scikit-learn 1.3 or newer",
        ) from problem
    for label in answer.labels:
        for one in label if isinstance(label, tuple) else (label,):
            if not isinstance(one, str | int | float | bool):
                raise UnsupportedModelError(f"the label {one!r} is no string, number or boolean")
    return Lowered(program.encode_answer(answer), answer.labels, answer.outputs, program.notes)
