"""Rows of requests that the log holds, to be sent again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from emel.records import Answers, Scalar

HIDDEN = "[redacted]"
CUT = "…"
LONGEST_TEXT = 200
"""How the function writes a hidden value and cuts a long one: see emel_runtime.recording."""


def rows_of_requests(lines: Sequence[Mapping[str, Any]], like: Answers, *, count: int) -> Answers:
    """The newest `count` rows of the log's lines, oldest first, in the columns of `like`.

    Rows of another model's columns, and those whose values are hidden or cut, are left out: they cannot be
    sent again. Only the rows are of use; the original's answers to them are not known.
    """
    rows = [row for line in lines for row in _rows(line, like.columns)][-count:]
    return msgspec.structs.replace(
        like, rows=tuple(rows), sample_rows=len(rows), predictions=(), probabilities=None
    )


def _rows(line: Mapping[str, Any], columns: Sequence[str]) -> Iterator[tuple[Scalar, ...]]:
    inputs = line.get("inputs")
    for told in inputs if isinstance(inputs, list) else ():
        if isinstance(told, Mapping) and set(told) == set(columns):
            row = tuple(told[column] for column in columns)
            if not any(_is_lost(value) for value in row):
                yield row


def _is_lost(value: object) -> bool:
    if not isinstance(value, str):
        return False
    return value == HIDDEN or (len(value) > LONGEST_TEXT and value.endswith(CUT))
