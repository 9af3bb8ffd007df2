"""Model → function: lower, build the zip, prove it, measure its start."""

from __future__ import annotations

import tempfile
from pathlib import Path

from emel import __version__, bundle, models, registry
from emel.bundle.shelf import Shelf, answers_of
from emel.errors import ModelError, ParityError, ResultsError, SampleError
from emel.gitrepo import GitRepo
from emel.records import Artifact, BuiltZip, Bundle, OriginalModel, Parity, Revision
from emel.system.files import sha256_of, write_atomic
from emel.workflows.project import Progress, Project
from emel.workflows.revisions import candidate_revision


def package(project: Project, *, revision: str | None = None, progress: Progress) -> Bundle:
    """Build the bundle of a revision's model (default: the working tree) and put it on the shelf.

    Errors: ModelError, SampleError; ParityError when the bundle answers otherwise than the model: nothing is
    kept then.
    """
    return _package(project, candidate_revision(project, revision), progress)


def packaged(project: Project, *, revision: str | None = None, progress: Progress) -> Bundle:
    """The bundle of a revision: from the shelf if it was made from the same files, or else a new one."""
    wanted = candidate_revision(project, revision)
    found = find_bundle(project, wanted)
    return found or _package(project, wanted, progress)


def find_bundle(project: Project, revision: Revision) -> Bundle | None:
    """The bundle on the shelf that was made by this emel from the revision's own model and sample files."""
    name = project.config.model.name
    version = version_of(project.repo(), name, revision)
    shelf = shelf_of(project)
    if not shelf.place(name, version).is_file():
        return None
    candidates = [item for item in shelf.all() if item.name == name and item.version == version]
    if not candidates or candidates[0].built_by != __version__:
        return None
    with tempfile.TemporaryDirectory(prefix="emel-") as scratch:
        model, sample = _fetch(project, revision, Path(scratch))
        same = (candidates[0].source_digest, candidates[0].sample_digest) == (
            sha256_of(model),
            sha256_of(sample),
        )
    return candidates[0] if same else None


def shelf_of(project: Project) -> Shelf:
    """Where the project's bundles stand."""
    return Shelf(project.claim_state() / "bundles")


def version_of(repo: GitRepo, name: str, revision: Revision) -> str:
    """The model version of a revision: its tag's `v1.2.3`, or `0.0.0+<commit>`, `.dirty` if changed."""
    if revision.changes:
        return f"0.0.0+{revision.commit[:8]}.dirty"
    tagged = registry.version_at(repo, name, revision.commit)
    return tagged.version if tagged else f"0.0.0+{revision.commit[:8]}"


def _package(project: Project, revision: Revision, progress: Progress) -> Bundle:
    settings = project.config.model
    version = version_of(project.repo(), settings.name, revision)
    process = project.system.process
    with tempfile.TemporaryDirectory(prefix="emel-") as scratch:
        progress.step(f"reading the model of {revision.label}")
        model, sample = _fetch(project, revision, Path(scratch))
        progress.step("lowering it, and asking the original for its answers")
        artifact = models.prepare(
            name=settings.name,
            model=model,
            sample=sample,
            target=settings.target,
            tier=settings.tier,
            workdir=Path(scratch),
            process=process,
            python=_interpreter(project),
        )
        progress.step("building the zip")
        built = bundle.build(
            artifact,
            version=version,
            commit=revision.commit,
            output=Path(scratch) / f"{settings.name}.zip",
            process=process,
        )
        progress.step("parity: the same rows through the bundle")
        parity = bundle.check_parity(
            built.path, artifact.answers, tolerance=settings.tolerance, process=process
        )
        _refuse_mismatch(parity, artifact)
        progress.step("measuring the cold start")
        original = OriginalModel(model=model, python=_interpreter(project))
        cold_start = bundle.measure_cold_start(
            built.path, artifact.answers, original=original, process=process
        )
        result = Bundle(
            path=shelf_of(project).place(settings.name, version),
            name=settings.name,
            version=version,
            commit=revision.commit,
            digest=built.digest,
            zip_bytes=built.zip_bytes,
            tier=artifact.tier,
            reason=artifact.reason,
            description=artifact.description,
            signature=artifact.signature,
            parity=parity,
            cold_start=cold_start,
            answers=answers_of(shelf_of(project).place(settings.name, version)),
            source_digest=artifact.source_digest,
            sample_digest=sha256_of(sample),
            built_by=__version__,
        )
        _shelve(project, result, built, artifact)
    return result


def _fetch(project: Project, revision: Revision, scratch: Path) -> tuple[Path, Path]:
    pipeline = project.pipeline()
    try:
        model = pipeline.fetch(project.config.model.path, revision, scratch)
    except ResultsError as problem:
        raise ModelError(problem.message, where=problem.where, hint=problem.hint) from problem
    try:
        sample = pipeline.fetch(project.config.model.sample, revision, scratch)
    except ResultsError as problem:
        raise SampleError(problem.message, where=problem.where, hint=problem.hint) from problem
    return model, sample


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


def _shelve(project: Project, result: Bundle, built: BuiltZip, artifact: Artifact) -> None:
    write_atomic(result.path, built.path.read_bytes())
    write_atomic(result.answers, artifact.answers.read_bytes())
    shelf_of(project).put(result)
