"""From a model file and sample rows to an Artifact, without loading the model into this process."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

import msgspec

import emel
import emel_runtime
from emel import errors
from emel.errors import EmelError, ModelError
from emel.models import worker
from emel.models.looks import require_pickle
from emel.models.sample import Sample, read_sample
from emel.records import Answers, Artifact, Signature
from emel.system.files import sha256_of, write_atomic
from emel.system.process import Process

MOST_ROWS = 5000
"""Rows of the sample that are asked about; a larger one is thinned at equal distances."""
TIMEOUT = 600.0


def prepare(
    *,
    name: str,
    model: Path,
    sample: Path,
    target: str | None,
    tier: Literal["auto", "pure"],
    workdir: Path,
    process: Process,
    python: Path | None = None,
) -> Artifact:
    """Lower the model for a tier, and write model.emel and answers.json into `workdir`.

    `python` is an interpreter that can load the model (3.11 or newer); it needs nothing of emel. `target` is
    the sample's column to leave out. Errors: ModelError, UnsupportedModelError, SampleError.
    """
    require_pickle(model)
    rows = read_sample(sample, target)
    workdir.mkdir(parents=True, exist_ok=True)
    interpreter = python or Path(sys.executable)
    result = _ask_worker(model, sample, rows, workdir, process, interpreter)
    by_name = {column.name: column for column in rows.columns}
    labels = result["labels"]
    answers = msgspec.convert(
        {
            **{key: result[key] for key in Answers.__struct_fields__ if key != "labels"},
            "labels": labels or None,
        },
        Answers,
    )
    write_atomic(workdir / "answers.json", msgspec.json.encode(answers))
    file = workdir / "model.emel"
    return Artifact(
        name=name,
        tier="pure",
        reason=_reason(tier, result),
        description=result["description"],
        file=file,
        digest=sha256_of(file),
        source_digest=sha256_of(model),
        signature=Signature(
            columns=tuple(by_name[column] for column in answers.columns),
            task="classification" if labels else "regression",
            labels=answers.labels or (),
            outputs=result["outputs"],
        ),
        libraries=result["libraries"],
        answers=workdir / "answers.json",
    )


def _ask_worker(
    model: Path, sample: Path, rows: Sample, workdir: Path, process: Process, interpreter: Path
) -> dict[str, Any]:
    result = workdir / "result.json"
    result.unlink(missing_ok=True)
    task = {
        "model": str(model.absolute()),
        "output": str(workdir.absolute()),
        "columns": [
            {"name": c.name, "type": c.type, "missing": c.missing, "categories": c.categories}
            for c in rows.columns
        ],
        "rows": rows.spread(MOST_ROWS),
    }
    with tempfile.TemporaryDirectory(prefix="emel-") as folder:
        # The project's environment has its libraries, not emel's: it gets these two packages and no more.
        for package in (emel, emel_runtime):
            (Path(folder) / package.__name__).symlink_to(Path(package.__path__[0]))
        try:
            ended = process.run(
                [interpreter, "-P", worker.__file__],
                env={"PYTHONPATH": folder, "OPENBLAS_NUM_THREADS": "1"},
                stdin=json.dumps(task).encode(),
                timeout=TIMEOUT,
            )
        except FileNotFoundError:
            raise ModelError(
                "there is no such interpreter", where=str(interpreter), hint="check the path to Python"
            ) from None
        except TimeoutError as problem:
            raise ModelError(
                f"reading the model takes too long: {problem}",
                where=str(model),
                hint="take a smaller sample, or a smaller model",
            ) from problem
    if not result.is_file():
        words = ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"]
        raise ModelError(
            f"the process that reads the model ended early: {words[-1]}",
            where=str(model),
            hint=f"load the model with {interpreter} by hand to see more",
        )
    answer: dict[str, Any] = json.loads(result.read_bytes())
    result.unlink()
    if "error" in answer:
        raise _error(answer["error"], model, sample)
    return answer


def _error(told: dict[str, Any], model: Path, sample: Path) -> EmelError:
    """The worker's error as one of ours; it names its file unless it knows a better place."""
    kind: type[EmelError] = getattr(errors, told["kind"])
    file = sample if issubclass(kind, errors.SampleError) else model
    place = f"{file}, {told['where']}" if told["where"] else str(file)
    return kind(told["message"], where=place, hint=told["hint"])


def _reason(tier: str, result: dict[str, Any]) -> str:
    reason = "asked for" if tier == "pure" else "every step of the model can be lowered"
    trained, read = result["trained_with"], result["libraries"].get("scikit-learn")
    if trained is None:
        return reason
    return f"{reason}; trained with scikit-learn {trained}, read with {read}"
