"""From a model file and sample rows to an Artifact, without loading the model into this process."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from emel.models.child import Child
from emel.models.frames import read_frame
from emel.models.looks import look, require_safe
from emel.models.sample import is_text, read_sample
from emel.records import Answers, Artifact, Signature
from emel.system.files import sha256_of, write_atomic
from emel.system.process import Process

MOST_ROWS = 5000
"""Rows of the sample that are asked about; a larger one is thinned at equal distances."""


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
    folders: Sequence[Path] = (),
    trusted: bool = True,
) -> Artifact:
    """Lower the model for a tier, and write model.emel and answers.json into `workdir`.

    `model` is a file of any kind that looks.py knows, or the folder of an MLflow model. `python` is an
    interpreter that can load it (3.11 or newer); it needs nothing of emel. `folders` hold modules of the
    user's that the model needs, besides those beside the model. `target` is the sample's column to leave
    out. Files that are not `trusted` may hold no code: pickles are refused, before they are loaded. Errors:
    ModelError, UnsupportedModelError, SampleError.
    """
    file = look(model)
    if not trusted:
        require_safe(file)
    workdir.mkdir(parents=True, exist_ok=True)
    child = Child(process, python or Path(sys.executable), workdir, [*file.folders, *folders])
    rows = read_sample(sample, target) if is_text(sample) else read_frame(sample, target, child, trusted)
    task = {
        "model": str(file.path.absolute()),
        "kind": file.kind,
        "trusted": trusted,
        "columns": [
            {"name": c.name, "type": c.type, "missing": c.missing, "categories": c.categories}
            for c in rows.columns
        ],
        "rows": rows.spread(MOST_ROWS),
    }
    result = child.run(task, model=model, sample=sample)
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
    lowered = workdir / "model.emel"
    return Artifact(
        name=name,
        tier="pure",
        reason=_reason(tier, result),
        description=result["description"],
        file=lowered,
        digest=sha256_of(lowered),
        source_digest=sha256_of(file.path),
        signature=Signature(
            columns=tuple(by_name[column] for column in answers.columns),
            task="classification" if labels else "regression",
            labels=answers.labels or (),
            outputs=result["outputs"],
        ),
        libraries=result["libraries"],
        answers=workdir / "answers.json",
        sample_digest=sha256_of(sample),
    )


def _reason(tier: str, result: dict[str, Any]) -> str:
    reason = "asked for" if tier == "pure" else "every step of the model can be lowered"
    for library, version in result["trained_with"].items():
        reason += f"; trained with {library} {version}, read with {result['libraries'].get(library)}"
    return reason
