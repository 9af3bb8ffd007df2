"""A model file → a bundle: lower, build the zip, prove it, measure its start, keep it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from emel import __version__, bundle, cost
from emel.bundle.shelf import Shelf, answers_of, model_of
from emel.records import BuiltZip, Bundle, ColdStart, Serving
from emel.system.files import copy_atomic, sha256_of, write_atomic
from emel.workflows.project import Progress, Project
from emel.workflows.settings import settings_digest
from emel.workflows.tiers import Settled, Source, settle

MEMORY_CLASSES = (128, 256, 512, 1024, 2048)
"""In MB, those that a cold start is projected for."""
TARIFF = "yandex"
"""The cloud whose shares of a processor are taken for that."""


def make(project: Project, source: Source, workdir: Path, progress: Progress) -> Bundle:
    """Make a bundle by the project's settings, with its record beside it; `workdir` is for what lies between.

    Errors: ModelError, SampleError, BundleError; ParityError when the bundle answers otherwise than the
    model: nothing is kept then.
    """
    best = settle(project, source, workdir, progress)
    result = _record(source, best, project.config.serving(), settings_digest(project))
    write_atomic(result.path, best.built.path.read_bytes())
    write_atomic(result.answers, best.artifact.answers.read_bytes())
    if best.built.mounted and result.mounted:
        copy_atomic(best.built.mounted.path, result.mounted.path)
    Shelf(result.path.parent).put(result)
    return result


def _record(source: Source, best: Settled, serving: Serving, settings: str) -> Bundle:
    artifact, built, cold_start = best.artifact, best.built, best.cold_start
    tariff = cost.load_tariff(TARIFF)
    return Bundle(
        path=source.output,
        name=artifact.name,
        version=source.version,
        commit=source.commit,
        digest=built.digest,
        zip_bytes=built.zip_bytes,
        tier=artifact.tier,
        reason=best.reason,
        description=artifact.description,
        signature=artifact.signature,
        parity=best.parity,
        cold_start=cold_start,
        original=artifact.original,
        answers=answers_of(source.output),
        source_digest=artifact.source_digest,
        sample_digest=sha256_of(source.sample),
        built_by=__version__,
        bytecode=built.bytecode,
        trials=best.trials,
        serving=serving,
        python=built.python,
        too_large_for=tuple(
            one.cloud for one in bundle.too_large_for(built.path, mounted=built.mounted is not None)
        ),
        mounted=built.mounted and msgspec.structs.replace(built.mounted, path=model_of(source.output)),
        settings_digest=settings,
        projected_cold_start={
            memory: _start_seconds(built, cold_start) / cost.speed(tariff, memory)
            for memory in MEMORY_CLASSES
        },
    )


def _start_seconds(built: BuiltZip, cold_start: ColdStart) -> float:
    """Processor seconds of a start under the function's own Python, which may find no byte-code."""
    if built.python in built.bytecode:
        return cold_start.cpu_seconds
    return cold_start.without_bytecode_cpu_seconds or cold_start.cpu_seconds
