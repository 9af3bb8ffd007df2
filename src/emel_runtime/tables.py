"""Rows as a Python library takes them: a pandas.DataFrame, a NumPy array, texts or dicts.

Libraries are imported when a table of theirs is made. A row has one cell per column: a string or None in a
column of strings, else a float, NaN where it is missing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from emel_runtime.habits import Known

    Cell = float | str | None
    Shape = Sequence[tuple[str, str, bool]]
    """Of each column: name, type as in the signature, whether rows may lack it."""

NAN = float("nan")


def table(
    form: str, columns: Shape, rows: Sequence[Sequence[Cell]], habits: Mapping[str, Known | None] = {}
) -> Any:
    """The rows in one of the forms `frame`, `array`, `texts` (the first column alone), `dicts` (without what
    is missing), `rows` (dicts of values as the signature types them, None where one is missing). `habits` is
    how the model was given its columns (habits.py)."""
    if form == "texts":
        return [_or(row[0], NAN) for row in rows]
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
    return _frame(columns, rows, habits) if form == "frame" else _array(columns, rows, habits)


def typed(cell: float | str | None, kind: str) -> float | int | bool | str | None:
    """A cell as the signature's type has it; None where it is missing."""
    if cell is None or isinstance(cell, str):
        return cell
    if cell != cell:
        return None
    if kind == "boolean":
        return bool(cell)
    return int(cell) if kind == "integer" else cell


def _frame(columns: Shape, rows: Sequence[Sequence[Cell]], habits: Mapping[str, Known | None]) -> Any:
    import pandas

    # What pandas itself makes of strings: its own type from version 3 on, objects before.
    text = pandas.Series(["text"]).dtype
    cells = list(zip(*rows, strict=True))
    made = {}
    for place, (name, kind, missing) in enumerate(columns):
        given = _cells(kind, cells[place], None if name in habits else NAN)
        known = habits.get(name)
        if known is not None:
            made[name] = pandas.Series(pandas.Categorical(given, _categories(name, given, known)))
            continue
        dtype = object if name in habits else _dtype(kind, missing, text)
        made[name] = pandas.Series(given, dtype=dtype)
    return pandas.DataFrame(made)


def _categories(name: str, given: Sequence[Any], known: Known) -> list[Any]:
    """All categories of a column. Errors: ValueError for what a strict model does not know."""
    others = sorted({cell for cell in given if cell is not None and cell not in known.categories})
    if others and known.strict:
        raise ValueError(f"{others[0]!r} in {name!r} is no category that the model knows")
    # A model has to meet the others as such: pandas would make missing values of them.
    return [*known.categories, *others]


def _array(columns: Shape, rows: Sequence[Sequence[Cell]], habits: Mapping[str, Known | None]) -> Any:
    import numpy

    strings = any(kind == "string" for _, kind, _ in columns)
    array = numpy.empty((len(rows), len(columns)), dtype=object if strings or habits else numpy.float64)
    for place, (name, kind, _) in enumerate(columns):
        array[:, place] = _cells(kind, [row[place] for row in rows], None if name in habits else NAN)
    return array


def _dtype(kind: str, missing: bool, text: Any) -> Any:
    """The dtype that pandas.read_csv gives such a column."""
    if kind == "string":
        return text
    if kind == "boolean":
        return object if missing else bool
    return "int64" if kind == "integer" and not missing else "float64"


def _cells(kind: str, cells: Sequence[Cell], gap: float | None) -> list[Any]:
    given = [_or(cell, gap) for cell in cells]
    if kind not in ("boolean", "integer"):
        return given
    exact = bool if kind == "boolean" else int
    return [cell if cell is None or cell != cell else exact(cell) for cell in given]


def _or(cell: Cell, gap: float | None) -> Cell:
    return gap if cell is None or cell != cell else cell
