"""From a model file and sample rows to an Artifact, without loading the model into this process."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from emel.errors import ModelError
from emel.models.child import Child
from emel.models.frames import read_frame
from emel.models.looks import ModelFile, look, require_safe
from emel.models.sample import Sample, is_text, read_sample
from emel.records import Answers, Artifact, Column, OriginalCost, Signature, Tier
from emel.system.files import sha256_of, write_atomic
from emel.system.process import Process

FILES = {"pure": "model.emel", "onnx": "model.onnx"}
"""Tier → what its function opens. The python tier opens the model file, which keeps its suffix."""
PREDICTOR = "predictor.py"
REASONS = {
    "pure": "every step of the model can be lowered",
    "onnx": "onnxruntime runs it",
    "python": "its own libraries run it",
}
MOST_ROWS = 5000
"""Rows of the sample that are asked about; a larger one is thinned at equal distances."""


def prepare(
    *,
    name: str,
    model: Path,
    sample: Path,
    target: str | None,
    tier: Tier,
    workdir: Path,
    process: Process,
    python: Path | None = None,
    folders: Sequence[Path] = (),
    trusted: bool = True,
    predictor: Path | None = None,
    requirements: Path | None = None,
) -> Artifact:
    """Make the model ready for a tier: write what the function opens, and answers.json, into `workdir`.

    `model` is a file of any kind that looks.py knows, or the folder of an MLflow model. `python` is an
    interpreter that can load it (3.11 or newer); it needs nothing of emel. `folders` hold modules of the
    user's that the model needs, besides those beside the model. `target` is the sample's column to leave
    out. Files that are not `trusted` may hold no code: pickles are refused, before they are loaded.

    For the python tier alone: `predictor` is a module with a class that opens the model, of whatever kind the
    file is, and `requirements` say what the function carries; without them it is what opening the model made
    Python load. Errors: ModelError, UnsupportedModelError, SampleError.
    """
    file = _own(model, predictor) if predictor else look(model)
    if not trusted:
        require_safe(file)
    workdir.mkdir(parents=True, exist_ok=True)
    child = Child(process, python or Path(sys.executable), workdir, [*file.folders, *folders])
    rows = read_sample(sample, target) if is_text(sample) else read_frame(sample, target, child, trusted)
    output = FILES.get(tier, f"model{file.path.suffix}")
    task = {"tier": tier, "file": output, "trusted": trusted, **_task(file, rows)}
    result = child.run(task, model=model, sample=sample)
    answers = _answers(result)
    write_atomic(workdir / "answers.json", msgspec.json.encode(answers))
    opened = workdir / output
    return Artifact(
        name=name,
        tier=tier,
        reason=_reason(tier, result, file),
        description=result["description"],
        file=opened,
        digest=sha256_of(opened),
        source_digest=sha256_of(file.path),
        signature=_signature(rows.columns, answers, result["outputs"]),
        libraries=result["libraries"],
        answers=workdir / "answers.json",
        engine=result["engine"],
        requirements=_text(requirements) if requirements and tier == "python" else result["requirements"],
        sources={name: Path(source) for name, source in result["sources"].items()},
        sample_digest=sha256_of(sample),
        original=msgspec.convert(result["original"], OriginalCost | None),
        near_splits=msgspec.convert(result["near_splits"], dict[int, tuple[str, float]], strict=False),
    )


def _own(model: Path, predictor: Path) -> ModelFile:
    """A model file that a Predictor opens. Errors: ModelError."""
    if predictor.name != PREDICTOR:
        raise ModelError(
            f"the module with the Predictor must be called {PREDICTOR}",
            where=str(predictor),
            hint="rename the file",
        )
    for path in (model, predictor):
        if not path.is_file():
            raise ModelError("there is no such file", where=str(path), hint="check the path")
    return ModelFile(model, "predictor", (predictor.absolute().parent, model.absolute().parent))


def _task(file: ModelFile, rows: Sample) -> dict[str, Any]:
    return {
        "model": str(file.path.absolute()),
        "kind": file.kind,
        "columns": [
            {"name": c.name, "type": c.type, "missing": c.missing, "categories": c.categories}
            for c in rows.columns
        ],
        "rows": rows.spread(MOST_ROWS),
    }


def _answers(result: dict[str, Any]) -> Answers:
    told = {key: result[key] for key in Answers.__struct_fields__ if key != "labels"}
    return msgspec.convert({**told, "labels": result["labels"] or None}, Answers)


def _signature(columns: Sequence[Column], answers: Answers, outputs: int) -> Signature:
    by_name = {column.name: column for column in columns}
    return Signature(
        columns=tuple(by_name[column] for column in answers.columns),
        task="classification" if answers.labels else "regression",
        labels=answers.labels or (),
        outputs=outputs,
    )


def _text(requirements: Path) -> str:
    try:
        return requirements.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ModelError(
            f"the requirements cannot be read: {problem}", where=str(requirements), hint="check the path"
        ) from problem


def _reason(tier: Tier, result: dict[str, Any], file: ModelFile) -> str:
    """Why this tier, and where the model was trained by another version of its library than read it."""
    reason = REASONS[tier]
    for library, version in {**file.trained_with, **result["trained_with"]}.items():
        here = result["libraries"].get(library)
        if here and here != version:
            reason += f"; trained with {library} {version}, read with {here}"
    return reason
