"""The sample rows: a file of CSV or JSON becomes columns with types and rows of values."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from emel.errors import SampleError
from emel.records import Column, ColumnType, Scalar
from emel_runtime.csvrows import BOOLEANS, MISSING

DELIMITERS = ",;\t"
MOST_CATEGORIES = 50
CSV = (".csv", ".tsv", ".txt")
JSON = (".json", ".jsonl", ".ndjson")
SUFFIXES = (*CSV, *JSON)
WRAPPERS = ("instances", "dataframe_records", "dataframe_split")
"""Under which prediction services take a table."""


class Sample(NamedTuple):
    """The rows of a sample, each with one value per column; `None` is a missing value."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Scalar, ...], ...]

    def spread(self, count: int) -> tuple[tuple[Scalar, ...], ...]:
        """About `count` rows at equal distances, among them one for each column that lacks a value."""
        if len(self.rows) <= count:
            return self.rows
        places = {place * len(self.rows) // count for place in range(count)}
        for column in range(len(self.columns)):
            places.update([place for place, row in enumerate(self.rows) if row[column] is None][:1])
        return tuple(self.rows[place] for place in sorted(places))


def is_text(path: Path) -> bool:
    """Whether a sample is read here; other kinds need the libraries of the project."""
    return path.suffix.lower() in SUFFIXES


def read_sample(path: Path, target: str | None) -> Sample:
    """Read a file of CSV with a header, or of JSON, without the column `target` if it is there.

    A column is boolean, integer or float when all its values are; else it is a string, kept as it stands. In
    JSON a number in quotes is a string. JSON is a list of objects, an object of lists, an object of `columns`
    and `data`, or one object a line. Errors: SampleError.
    """
    text = _text(path)
    if path.suffix.lower() in JSON:
        return typed_sample(_json_columns(text, str(path)), target, path)
    header, lines = _lines(text, str(path))
    kept = [place for place, name in enumerate(header) if name != target]
    columns, values = [], []
    for place in kept:
        kind, parsed = _typed([line[place] for line in lines])
        columns.append(_column(header[place], kind, parsed))
        values.append(parsed)
    return Sample(tuple(columns), tuple(zip(*values, strict=True)))


def typed_sample(table: Mapping[str, Sequence[Any]], target: str | None, path: Path) -> Sample:
    """The sample in columns of values that know their types; None and NaN are missing.

    Errors: SampleError.
    """
    where = str(path)
    names = [name for name in table if name != target]
    if not names or not table[names[0]]:
        raise SampleError("the sample has no rows", where=where, hint="put some rows into it")
    columns, values = [], []
    for name in names:
        cells = [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in table[name]]
        nested = next((cell for cell in cells if isinstance(cell, list | dict)), None)
        if nested is not None:
            raise SampleError(
                f"column {name!r} holds {type(nested).__name__}s",
                where=where,
                hint="keep only columns of numbers, texts and booleans",
            )
        kind, typed = _by_values(cells)
        columns.append(_column(name, kind, typed))
        values.append(typed)
    return Sample(tuple(columns), tuple(zip(*values, strict=True)))


def _text(path: Path) -> str:
    where = str(path)
    try:
        # Line ends inside of a quoted text are part of it.
        with path.open(encoding="utf-8-sig", newline="") as file:
            return file.read()
    except FileNotFoundError:
        raise SampleError(
            "there is no such file", where=where, hint="check the path, or run the pipeline that writes it"
        ) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise SampleError(
            f"cannot be read: {problem}", where=where, hint="save the sample as text in UTF-8"
        ) from problem


def _json_columns(text: str, where: str) -> dict[str, list[Any]]:
    try:
        told = json.loads(text)
    except ValueError as problem:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            told = [json.loads(line) for line in lines]
        except ValueError:
            raise SampleError(f"is no JSON: {problem}", where=where, hint="mend the file") from problem
    if isinstance(told, dict):
        told = next((told[key] for key in WRAPPERS if key in told), told)
    if isinstance(told, dict) and {"columns", "data"} <= told.keys():
        told = [dict(zip(told["columns"], row, strict=False)) for row in told["data"]]
    if isinstance(told, dict) and told:
        # pandas writes a column as an object of row labels and values.
        table = {
            name: list(cells.values()) if isinstance(cells, dict) else cells for name, cells in told.items()
        }
        if all(isinstance(cells, list) for cells in table.values()):
            if len({len(cells) for cells in table.values()}) == 1:
                return table
            raise SampleError("its columns differ in length", where=where, hint="mend the file")
    if isinstance(told, list) and all(isinstance(row, dict) for row in told):
        names = {name: None for row in told for name in row}
        return {name: [row.get(name) for row in told] for name in names}
    raise SampleError("is JSON, but no table", where=where, hint="write a list of objects, one per row")


def _by_values(cells: Sequence[Any]) -> tuple[ColumnType, list[Scalar]]:
    present = [cell for cell in cells if cell is not None]
    if present and all(isinstance(cell, bool) for cell in present):
        return "boolean", list(cells)
    if any(isinstance(cell, str | bool) for cell in present):
        return "string", [None if cell is None else str(cell) for cell in cells]
    if present and all(isinstance(cell, int) for cell in present):
        return "integer", list(cells)
    return "float", [None if cell is None else float(cell) for cell in cells]


def _lines(text: str, where: str) -> tuple[list[str], list[list[str]]]:
    (_, header), *lines = _numbered(text, where) or [(1, [])]
    header = [name.strip() for name in header]
    if not lines:
        raise SampleError("the sample has no rows", where=where, hint="put some rows below the header")
    for name in header:
        if header.count(name) > 1:
            raise SampleError(
                f"two columns are called {name!r}", where=where, hint="give each column a name of its own"
            )
    for number, line in lines:
        if len(line) != len(header):
            raise SampleError(
                f"the row has {len(line)} values, the header {len(header)}",
                where=f"{where}:{number}",
                hint="mend the row",
            )
    return header, [line for _, line in lines]


def _numbered(text: str, where: str) -> list[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its last line."""
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [(reader.line_num, line) for line in reader if line]
    except csv.Error as problem:
        raise SampleError(
            f"is no CSV: {problem}", where=f"{where}:{reader.line_num}", hint="mend the row"
        ) from problem


def _typed(texts: Sequence[str]) -> tuple[ColumnType, list[Scalar]]:
    stripped = [text.strip() for text in texts]
    present = [text for text in stripped if text not in MISSING]
    if present and all(text.lower() in BOOLEANS for text in present):
        return "boolean", [BOOLEANS.get(text.lower()) for text in stripped]
    kind: ColumnType = "integer"
    for text in present:
        # Python reads 1_000 as a number; nobody who writes CSV means it so.
        if "_" in text:
            return "string", _strings(texts)
        try:
            float(text)
        except ValueError:
            return "string", _strings(texts)
        if not text.lstrip("+-").isdecimal():
            kind = "float"
    if not present:
        kind = "float"
    number = int if kind == "integer" else float
    return kind, [None if text in MISSING else number(text) for text in stripped]


def _strings(texts: Sequence[str]) -> list[Scalar]:
    return [None if text in MISSING else text for text in texts]


def _column(name: str, kind: ColumnType, values: Sequence[Scalar]) -> Column:
    numbers = [float(value) for value in values if value is not None and not isinstance(value, str)]
    ranged = kind in ("float", "integer") and numbers
    texts = [value for value in values if isinstance(value, str)]
    return Column(
        name=name,
        type=kind,
        minimum=min(numbers) if ranged else None,
        maximum=max(numbers) if ranged else None,
        categories=_categories(texts),
        missing=None in values,
    )


def _categories(texts: Sequence[str]) -> tuple[str, ...] | None:
    """The different texts if they are few. Where none comes twice they are names or notes, not categories,
    and nobody's to publish."""
    found = set(texts)
    return tuple(sorted(found)) if len(found) <= MOST_CATEGORIES and len(found) < len(texts) else None
