"""Rows as a Python library takes them: a pandas.DataFrame, a NumPy array, texts or dicts.

Libraries are imported when a table of theirs is made. A row has one cell per column: a string or None in a
column of strings, else a float, NaN where it is missing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Cell = float | str | None
    Shape = Sequence[tuple[str, str, bool]]
    """Of each column: name, type as in the signature, whether rows may lack it."""

NAN = float("nan")


def table(form: str, columns: Shape, rows: Sequence[Sequence[Cell]]) -> Any:
    """The rows in one of the forms `frame`, `array`, `texts` (the first column alone), `dicts` (without what
    is missing), `rows` (dicts of values as the signature types them, None where one is missing)."""
    if form == "texts":
        return [_or_nan(row[0]) for row in rows]
    if form == "dicts":
        return [
            {
                name: cell
                for (name, _, _), cell in zip(columns, row, strict=True)
                if cell is not None and cell == cell
            }
            for row in rows
        ]
    if form == "rows":
        return [
            {name: typed(cell, kind) for (name, kind, _), cell in zip(columns, row, strict=True)}
            for row in rows
        ]
    return _frame(columns, rows) if form == "frame" else _array(columns, rows)


def typed(cell: float | str | None, kind: str) -> float | int | bool | str | None:
    """A cell as the signature's type has it; None where it is missing."""
    if cell is None or isinstance(cell, str):
        return cell
    if cell != cell:
        return None
    if kind == "boolean":
        return bool(cell)
    return int(cell) if kind == "integer" else cell


def _frame(columns: Shape, rows: Sequence[Sequence[Cell]]) -> Any:
    import pandas

    # What pandas itself makes of strings: its own type from version 3 on, objects before.
    text = pandas.Series(["text"]).dtype
    cells = list(zip(*rows, strict=True))
    return pandas.DataFrame(
        {
            name: pandas.Series(_cells(kind, cells[place]), dtype=_dtype(kind, missing, text))
            for place, (name, kind, missing) in enumerate(columns)
        }
    )


def _array(columns: Shape, rows: Sequence[Sequence[Cell]]) -> Any:
    import numpy

    strings = any(kind == "string" for _, kind, _ in columns)
    array = numpy.empty((len(rows), len(columns)), dtype=object if strings else numpy.float64)
    array[:] = [[_or_nan(cell) for cell in row] for row in rows]
    return array


def _dtype(kind: str, missing: bool, text: Any) -> Any:
    """The dtype that pandas.read_csv gives such a column."""
    if kind == "string":
        return text
    if kind == "boolean":
        return object if missing else bool
    return "int64" if kind == "integer" and not missing else "float64"


def _cells(kind: str, cells: Sequence[Cell]) -> list[Any]:
    if kind == "boolean":
        return [bool(cell) if cell == cell else cell for cell in cells]
    return [_or_nan(cell) for cell in cells]


def _or_nan(cell: Cell) -> float | str:
    return NAN if cell is None else cell
