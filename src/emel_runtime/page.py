"""The page to try the model in a browser: one file that holds the signature, and nothing from outside."""

from __future__ import annotations

from emel_runtime.contract import KEY_HEADER
from emel_runtime.lean import dumps
from emel_runtime.openapi_parts import example

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

PAGE = "page.html"
PLACE = '<script type="application/json" id="model">{}</script>'
HEADERS = {
    # The page's own script and style stand in it; it may talk to its endpoint and to nobody else.
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "Vary": "Accept",
}


def page(manifest: Mapping[str, Any], *, guarded: bool = False) -> str:
    """The page of one model, in HTML. Its examples are rows of the sample where the manifest holds some.

    `guarded` says that predictions need an API key. The page is open all the same, and so it shows no row of
    anyone's data then.
    """
    model, columns = manifest["model"], manifest["signature"]["columns"]
    rows = () if guarded else manifest.get("examples", ())
    told = {
        "name": model["name"],
        "version": model["version"],
        "description": model["description"],
        "columns": columns,
        "examples": _examples(columns, rows),
        "keyHeader": KEY_HEADER,
        "guarded": guarded,
    }
    # As JSON in ASCII it can hold no character that ends the element but this one.
    data = dumps(told).replace("<", "\\u003c")
    with open(f"{__file__.rpartition('/')[0] or '.'}/{PAGE}", encoding="utf-8") as file:  # noqa: PTH123
        return file.read().replace(PLACE, PLACE.replace("{}", data))


def _examples(columns: list[dict[str, Any]], rows: Any) -> list[list[Any]]:
    """Names and rows, at least one. Made from the ranges of the columns unless sample rows are given."""
    if rows:
        return [[f"Example {number}", row] for number, row in enumerate(rows, 1)]
    made = [["Middle of the ranges", [example(column) for column in columns]]]
    if any(column["minimum"] is not None for column in columns):
        made.append(["Lowest values", [_end(column, "minimum") for column in columns]])
        made.append(["Highest values", [_end(column, "maximum") for column in columns]])
    return made


def _end(column: dict[str, Any], which: str) -> object:
    value = column[which]
    if value is None:
        return example(column)
    return int(value) if column["type"] == "integer" else value
