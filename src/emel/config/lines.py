"""Which line of a TOML text a key stands on. `tomllib` gives values without their places."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*\[\[?\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(
    r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


def line_of(text: str, key: str) -> int | None:
    """The line of a dotted key, counted from 1; of its nearest table where it is written inline.

    None when not even its first part is in the text.
    """
    places = _places(text)
    parts = key.split(".") if key else []
    while parts:
        line = places.get(".".join(parts))
        if line:
            return line
        parts.pop()
    return None


def _places(text: str) -> dict[str, int]:
    places: dict[str, int] = {}
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        assignment = _ASSIGNMENT.match(line)
        if header:
            table = _parts(header[1])
            _note(places, table, number)
        elif assignment:
            _note(places, table + _parts(assignment[1]), number)
    return places


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]


def _note(places: dict[str, int], parts: list[str], number: int) -> None:
    for length in range(1, len(parts) + 1):
        places.setdefault(".".join(parts[:length]), number)
