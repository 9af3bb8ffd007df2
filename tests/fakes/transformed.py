"""A lowered transformer beside its original, on rows and on the boundary rows made from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from tests.fakes.lowered import columns

from emel.lowering import Column
from emel.lowering.boundary import boundary_rows
from emel.lowering.builder import Program
from emel.lowering.original import REFUSALS, Original
from emel.lowering.registry import READERS
from emel.lowering.values import Outputs
from emel_runtime.operations import Unfit, operation
from emel_runtime.pure import decode

Refused = (Unfit, OverflowError)


class Transformed(NamedTuple):
    """What both made. Rows are the given ones, and then the boundary rows."""

    rows: list[list[Any]]
    made: list[list[Any] | None]
    """None where the row is refused."""
    refused: int
    """Rows that the original refuses, all of which the lowered one has to refuse too."""
    difference: float
    """The largest, relative for numbers above 1; infinite where one refuses a row and the other does not,
    where one is NaN alone, and where strings differ."""


def transformed(
    transformer: Any,
    rows: Sequence[Sequence[Any]],
    inputs: Sequence[Column] | None = None,
    *,
    ask: Callable[[list[Any]], Any] | None = None,
) -> Transformed:
    """Ask both; `ask` takes one row to the original, where `transform` of the usual table is not the way."""
    inputs = inputs or columns(len(rows[0]))
    program = Program(inputs, READERS)
    value = program.dense(program.read_transformer(transformer, program.row))
    evaluate = _evaluator(program.encode(Outputs(value=value)))
    asked = [list(row) for row in rows]
    asked += boundary_rows(program.notes, inputs, asked)
    original = Original(transformer, inputs, probabilities=False)
    one = ask or (lambda row: transformer.transform(original.table([row])))
    made = [evaluate(row) for row in asked]
    expected = _expected(transformer, original, asked) if ask is None else None
    expected = expected or [_tried(one, row) for row in asked]
    difference = max(_difference(one, other) for one, other in zip(made, expected, strict=True))
    return Transformed(asked, made, expected.count(None), difference)


def _evaluator(data: bytes) -> Callable[[list[Any]], list[Any] | None]:
    program, arrays = decode(data)
    steps = []
    for entry in program["operations"]:
        given = {name: arrays[index] for name, index in entry["arrays"].items()}
        steps.append((operation(entry["name"])(**given, **entry["attributes"]), entry["inputs"]))

    def evaluate(row: list[Any]) -> list[Any] | None:
        values: list[Any] = [row]
        try:
            for step, places in steps:
                values.append(step(*[values[place] for place in places]))
        except Refused:
            return None
        return list(values[program["outputs"]["value"]])

    return evaluate


def _expected(transformer: Any, original: Original, rows: list[list[Any]]) -> list[Any] | None:
    """All at once, unless one is refused."""
    try:
        return list(map(_dense, transformer.transform(original.table(rows))))
    except REFUSALS:
        return None


def _tried(ask: Callable[[list[Any]], Any], row: list[Any]) -> list[Any] | None:
    try:
        return _dense(ask(row))
    except REFUSALS:
        return None


def _dense(made: Any) -> list[Any]:
    cells = made.toarray() if hasattr(made, "toarray") else np.asarray(made)
    return [cell if isinstance(cell, str) else float(cell) for cell in cells.ravel().tolist()]


def _difference(made: list[Any] | None, expected: list[Any] | None) -> float:
    if made is None or expected is None or len(made) != len(expected):
        return 0.0 if made is expected is None else np.inf
    return max((_apart(one, other) for one, other in zip(made, expected, strict=True)), default=0.0)


def _apart(one: Any, other: Any) -> float:
    if one == other or (one != one and other != other):
        return 0.0
    if isinstance(one, str) or isinstance(other, str):
        return np.inf
    apart = abs(one - other) / max(1.0, abs(other))
    return np.inf if apart != apart else float(apart)
