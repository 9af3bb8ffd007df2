"""A model file → a bundle: lower, build the zip, prove it, measure its start, keep it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from emel import __version__, bundle, cost, models
from emel.bundle.shelf import Shelf, answers_of
from emel.errors import ParityError
from emel.models.looks import look
from emel.records import Artifact, BuiltZip, Bundle, ColdStart, OriginalModel, Parity
from emel.system.files import sha256_of, write_atomic
from emel.workflows.project import Progress, Project

MEMORY_CLASSES = (128, 256, 512, 1024, 2048)
"""In MB, those that a cold start is projected for."""
TARIFF = "yandex"
"""The cloud whose shares of a processor are taken for that."""


class Source(NamedTuple):
    """What a bundle is made from, and where it goes."""

    model: Path
    sample: Path
    version: str
    commit: str | None
    output: Path
    trusted: bool
    """Whether loading these files may run code that they hold."""


def make(project: Project, source: Source, workdir: Path, progress: Progress) -> Bundle:
    """Make a bundle by the project's settings, with its record beside it; `workdir` is for what lies between.

    Errors: ModelError, SampleError, BundleError; ParityError when the bundle answers otherwise than the
    model: nothing is kept then.
    """
    settings = project.config.model
    process = project.system.process
    progress.step("lowering it, and asking the original for its answers")
    artifact = models.prepare(
        name=settings.name,
        model=source.model,
        sample=source.sample,
        target=settings.target,
        tier=settings.tier,
        workdir=workdir,
        process=process,
        python=_interpreter(project),
        folders=(project.root,),
        trusted=source.trusted,
    )
    progress.step("building the zip")
    built = bundle.build(
        artifact,
        version=source.version,
        commit=source.commit,
        output=workdir / f"{settings.name}.zip",
        process=process,
        serving=project.config.serving(),
    )
    progress.step("parity: the same rows through the bundle")
    parity = bundle.check_parity(built.path, artifact.answers, tolerance=settings.tolerance, process=process)
    _refuse_mismatch(parity, artifact)
    built = bundle.attest(built, parity)
    progress.step("measuring the cold start")
    cold_start = bundle.measure_cold_start(
        built.path, artifact.answers, original=_original(project, source, artifact), process=process
    )
    result = _record(source, artifact, built, parity, cold_start)
    write_atomic(result.path, built.path.read_bytes())
    write_atomic(result.answers, artifact.answers.read_bytes())
    Shelf(result.path.parent).put(result)
    return result


def _interpreter(project: Project) -> Path | None:
    python = project.config.model.python
    return (project.root / python) if python else None


def _refuse_mismatch(parity: Parity, artifact: Artifact) -> None:
    if parity.ok:
        return
    what = "gives other labels" if not parity.labels_equal else f"differs by up to {parity.max_abs_diff:.3g}"
    rows = parity.rows + parity.boundary_rows
    raise ParityError(
        f"the {artifact.tier} bundle of {artifact.description} {what} on {rows} rows "
        f"(tolerance {parity.tolerance:g}); worst row: {parity.worst_row}",
        hint="this is a fault of emel's lowering: please report it with the model's class and version",
    )


def _original(project: Project, source: Source, artifact: Artifact) -> OriginalModel | None:
    """What to measure beside the function. Boosters of their own libraries are asked about numbers alone."""
    file = look(source.model)
    strings = any(column.type == "string" for column in artifact.signature.columns)
    if file.kind == "onnx" or (strings and file.kind in ("lightgbm", "xgboost", "catboost")):
        return None
    folders = (*file.folders, project.root)
    return OriginalModel(model=file.path, python=_interpreter(project), kind=file.kind, folders=folders)


def _record(
    source: Source, artifact: Artifact, built: BuiltZip, parity: Parity, cold_start: ColdStart
) -> Bundle:
    processor = cost.load_tariff(TARIFF).processor
    return Bundle(
        path=source.output,
        name=artifact.name,
        version=source.version,
        commit=source.commit,
        digest=built.digest,
        zip_bytes=built.zip_bytes,
        tier=artifact.tier,
        reason=artifact.reason,
        description=artifact.description,
        signature=artifact.signature,
        parity=parity,
        cold_start=cold_start,
        answers=answers_of(source.output),
        source_digest=artifact.source_digest,
        sample_digest=sha256_of(source.sample),
        built_by=__version__,
        bytecode=built.bytecode,
        projected_cold_start={
            memory: cold_start.cpu_seconds / processor.share(memory) for memory in MEMORY_CLASSES
        },
    )
