"""CSV with a header becomes rows; texts become what the columns hold, as pandas.read_csv makes them."""

from __future__ import annotations

import csv
import io

from emel_runtime.contract import Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.protocols import Columns, Row

MISSING = frozenset(
    (
        "",
        "NA",
        "N/A",
        "n/a",
        "#NA",
        "#N/A",
        "#N/A N/A",
        "<NA>",
        "NaN",
        "nan",
        "-NaN",
        "-nan",
        "NULL",
        "null",
        "None",
        "1.#IND",
        "-1.#IND",
        "1.#QNAN",
        "-1.#QNAN",
    )
)
"""What pandas.read_csv takes for a missing value."""
BOOLEANS = {"true": True, "false": False}


def csv_rows(columns: Columns, text: str) -> list[Row]:
    """The rows below a header that names the columns, in any order. Errors: Refusal with status 400, 413 or
    422."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        lines = [line for line in reader if line]
    except csv.Error as problem:
        raise Refusal(400, f"the body is not CSV: {problem} in line {reader.line_num}") from None
    if not lines:
        raise Refusal(422, "there are no rows in the request", expected="a header and rows", got="none")
    header, *body = lines
    known = dict(zip(columns.names, columns.kinds, strict=True))
    kinds = [known.get(name) for name in header]
    return columns.named(header, [_values(kinds, line) for line in body])


def _values(kinds: list[str | None], line: list[str]) -> list[object]:
    """The values of a line; of a line that has another length than the header, its texts."""
    if len(line) != len(kinds):
        return [*line]
    return [_typed(kind, cell) for kind, cell in zip(kinds, line, strict=True)]


def _typed(kind: str | None, cell: str) -> object:
    """A cell as its column has it; one that cannot be read so stays a text, which the column refuses."""
    if cell in MISSING:
        return None
    if kind in (None, "string"):
        return cell
    if kind == "boolean":
        return BOOLEANS.get(cell.strip().lower(), cell)
    # Python's own reading takes underscores and the digits of all scripts.
    if "_" in cell or not cell.isascii():
        return cell
    try:
        return float(cell) if kind == "float" else _whole(cell)
    except ValueError:
        return cell


def _whole(cell: str) -> int | float:
    try:
        return int(cell)
    except ValueError:
        return float(cell)
