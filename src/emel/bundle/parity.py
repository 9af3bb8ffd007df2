"""The finished bundle beside the original model, on the same rows."""

from __future__ import annotations

import math
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import msgspec

from emel.bundle.bytecode import OWN
from emel.errors import BundleError
from emel.records import Answers, Parity
from emel.system.process import Process
from emel_runtime.protocols import key_of
from emel_runtime.settings import STORAGE_VARIABLE

ASK = Path(__file__).with_name("children") / "ask.py"


def check_parity(
    zip_path: Path,
    answers: Path,
    *,
    tolerance: float,
    process: Process,
    python: str = OWN,
    program: str = sys.executable,
    storage: Path | None = None,
) -> Parity:
    """Put every row of `answers` through `handler.yandex` of the unzipped bundle, under `python -I -S`.

    Labels must be equal, type and all. The difference of a probability is absolute; that of a regression's
    number is divided by the original where that is larger than 1. A refused row counts as infinitely
    different. `program` is the interpreter of the version `python`, `storage` the folder of the function's
    mounts where it has any. A mismatch is a Parity that is not `ok`. Errors: BundleError when the bundle does
    not run.
    """
    original = msgspec.json.decode(answers.read_bytes(), type=Answers)
    replies = _replies(zip_path, answers, process, program, storage)
    differences = [_difference(original, row, *reply) for row, reply in enumerate(replies)]
    worst = max(range(len(differences)), key=differences.__getitem__, default=None)
    labels_equal = original.labels is None or all(
        _same(expected, prediction)
        for expected, (prediction, _) in zip(original.predictions, replies, strict=True)
    )
    largest = 0.0 if worst is None else differences[worst]
    return Parity(
        python=python,
        rows=original.sample_rows,
        boundary_rows=len(original.rows) - original.sample_rows,
        tolerance=tolerance,
        max_abs_diff=largest,
        labels_equal=labels_equal,
        ok=labels_equal and largest <= tolerance,
        worst_row=worst if largest else None,
    )


def _replies(
    zip_path: Path, answers: Path, process: Process, program: str, storage: Path | None
) -> list[tuple[Any, Any]]:
    with tempfile.TemporaryDirectory(prefix="emel-") as folder:
        unzipped, output = Path(folder) / "function", Path(folder) / "replies.json"
        with zipfile.ZipFile(zip_path) as archive:
            archive.extractall(unzipped)
        command: list[str | Path] = [program, "-I", "-S", ASK, unzipped, answers.absolute(), output]
        ended = process.run(command, env=mounts_in(storage))
        if ended.returncode:
            words = ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"]
            raise BundleError(
                f"the bundle does not run: {words[-1]}",
                where=str(zip_path),
                hint="make the bundle again with `emel package`",
            )
        replies: list[tuple[Any, Any]] = msgspec.json.decode(output.read_bytes(), type=list[tuple[Any, Any]])
        return replies


def mounts_in(storage: Path | None) -> dict[str, str]:
    """The environment of a function whose mounts are in the folder `storage`."""
    return {STORAGE_VARIABLE: str(storage.absolute())} if storage else {}


def _difference(original: Answers, row: int, prediction: Any, probabilities: Any) -> float:
    if prediction is None:
        return math.inf
    expected = original.predictions[row]
    if original.labels is None:
        return _distance(expected, prediction)
    if original.probabilities is None:
        return 0.0 if _same(expected, prediction) else math.inf
    if probabilities is None:
        return math.inf
    pairs = zip(original.labels, original.probabilities[row], strict=True)
    return float(max(abs(probabilities[key_of(label)] - share) for label, share in pairs))


def _distance(expected: Any, prediction: Any) -> float:
    """Of two numbers, or the largest of two rows of numbers."""
    if isinstance(expected, tuple):
        return max(map(_distance, expected, prediction)) if len(expected) == len(prediction) else math.inf
    return float(abs(prediction - expected) / max(1.0, abs(expected)))


def _same(expected: Any, prediction: Any) -> bool:
    if isinstance(expected, tuple):
        return len(expected) == len(prediction) and all(map(_same, expected, prediction))
    return type(expected) is type(prediction) and bool(expected == prediction)
