"""The peer of every function: a fresh process that imports the library, loads the model and predicts one row.

    python bench/original.py MODEL.joblib ROW.json FORM MEMORY_FILE

is that process; `first_answer` times it. FORM is how the model was given its rows in training: see
emel.records.Answers.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import joblib
import msgspec

from emel.records import Answers
from emel.system.memory import peak_bytes


class FirstAnswer(NamedTuple):
    """From the start of the process to its end."""

    seconds: float
    peak_bytes: int


def first_answer(model: Path, answers: Path, *, rounds: int = 3) -> FirstAnswer:
    """Medians of the rounds, for the first row of the sample without a gap."""
    given = msgspec.json.decode(answers.read_bytes(), type=Answers)
    row = next(row for row in given.rows if None not in row)
    with tempfile.TemporaryDirectory() as name:
        told, memory = Path(name, "row.json"), Path(name, "memory")
        told.write_text(json.dumps(dict(zip(given.columns, row, strict=True))), encoding="utf-8")
        command = [sys.executable, __file__, str(model), str(told), given.form, str(memory)]
        taken = []
        for _ in range(rounds):
            began = time.perf_counter()
            subprocess.run(command, check=True)
            taken.append((time.perf_counter() - began, int(memory.read_text("ascii"))))
    seconds, peaks = zip(*taken, strict=True)
    return FirstAnswer(median(seconds), int(median(peaks)))


def answer_once(model_file: str, row_file: str, form: str, memory_file: str) -> None:
    """Be that process."""
    row: dict[str, Any] = json.loads(Path(row_file).read_bytes())
    model = joblib.load(model_file)
    if form == "frame":
        import pandas

        model.predict(pandas.DataFrame([row]))
    elif form == "array":
        import numpy

        model.predict(numpy.array([list(row.values())]))
    else:
        model.predict(list(row.values()) if form == "texts" else [row])
    Path(memory_file).write_text(str(peak_bytes()), encoding="ascii")


if __name__ == "__main__":
    answer_once(*sys.argv[1:])
