from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from emel.records import Answers

ROWS = 250


@pytest.fixture
def classifier_answers(tmp_path: Path) -> Path:
    """Rows 0, 1, 2, … of one column; odd ones are malign, with a probability of 0.75."""
    return write(
        tmp_path,
        Answers(
            columns=("size", "site"),
            rows=tuple((float(number), None) for number in range(ROWS + 1)),
            sample_rows=ROWS,
            labels=("benign", "malign"),
            predictions=tuple("malign" if number % 2 else "benign" for number in range(ROWS + 1)),
            probabilities=tuple((0.25, 0.75) if number % 2 else (0.75, 0.25) for number in range(ROWS + 1)),
        ),
    )


@pytest.fixture
def regression_answers(tmp_path: Path) -> Path:
    """Rows 0, 1, 2, … of one column, which is doubled."""
    return write(
        tmp_path,
        Answers(
            columns=("size", "site"),
            rows=tuple((float(number), None) for number in range(4)),
            sample_rows=4,
            labels=None,
            predictions=tuple(2.0 * number for number in range(4)),
            probabilities=None,
        ),
    )


def write(folder: Path, answers: Answers) -> Path:
    path = folder / "answers.json"
    path.write_bytes(msgspec.json.encode(answers))
    return path
