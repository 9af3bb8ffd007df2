"""Rows of the sample that the page to try the model offers, where the project lets them out."""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from pathlib import Path

import msgspec

from emel.bundle.secrets import secret_in
from emel.errors import BundleError
from emel.records import Answers, Scalar

LONGEST = 2_000
"""Characters of a row in JSON. The manifest is read at each cold start, so that long texts stay out of it."""


def example_rows(answers: Path, count: int, hidden: Collection[str] = ()) -> list[list[Scalar]]:
    """At most `count` rows of the sample, in the order of the columns, those with different answers first.

    Left out are long rows and such that hold what looks like a secret; none is taken where a column is
    `hidden`. Errors: BundleError when the file of answers cannot be read.
    """
    if not count:
        return []
    try:
        recorded = msgspec.json.decode(answers.read_bytes(), type=Answers)
    except (OSError, msgspec.DecodeError) as problem:
        raise BundleError(f"the sample rows cannot be read: {problem}", where=str(answers)) from problem
    if any(name in hidden for name in recorded.columns):
        return []
    seen: set[object] = set()
    new: list[tuple[Scalar, ...]] = []
    known: list[tuple[Scalar, ...]] = []
    for row, prediction in zip(recorded.rows[: recorded.sample_rows], recorded.predictions, strict=False):
        text = json.dumps(row, ensure_ascii=False)
        if len(text) > LONGEST or secret_in(text.encode("utf-8", "replace")) or not _is_json(row):
            continue
        (known if prediction in seen else new).append(row)
        seen.add(prediction)
    return [list(row) for row in [*new, *known][:count]]


def _is_json(row: tuple[Scalar, ...]) -> bool:
    """JSON has no infinities, which a sample of numbers may hold."""
    return all(not isinstance(cell, float) or math.isfinite(cell) for cell in row)
