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
    sent again. So are the sample rows, and a row is taken once: tests and earlier comparisons have sent both.
    Only the rows are of use; the original's answers to them are not known.
    """
    known = set(like.rows[: like.sample_rows])
    told = [row for line in lines for row in _rows(line, like.columns) if row not in known]
    rows = list(dict.fromkeys(reversed(told)))[:count][::-1]
    return msgspec.structs.replace(
        like, rows=tuple(rows), sample_rows=len(rows), predictions=(), probabilities=None
    )


def _rows(line: Mapping[str, Any], columns: Sequence[str]) -> Iterator[tuple[Scalar, ...]]:
    inputs = line.get("inputs")
    for told in inputs if isinstance(inputs, list) else ():
        if isinstance(told, Mapping) and set(told) == set(columns):
            row = tuple(told[column] for column in columns)
            if all(isinstance(value, Scalar) for value in row) and not any(map(_is_lost, row)):
                yield row


def _is_lost(value: object) -> bool:
    if not isinstance(value, str):
        return False
    return value == HIDDEN or (len(value) > LONGEST_TEXT and value.endswith(CUT))
