"""Model → function, of a revision of the project or of any file."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

from emel import __version__, registry
from emel.bundle import CEILINGS, OWN, Ceiling
from emel.bundle.shelf import Shelf, answers_of, model_of, record_of
from emel.errors import (
    BundleError,
    MissingExtraError,
    ModelError,
    PipelineError,
    RepositoryError,
    ResultsError,
    SampleError,
)
from emel.gitrepo import GitRepo
from emel.models.looks import look
from emel.records import Bundle, Revision
from emel.system.files import sha256_of
from emel.workflows.make import make
from emel.workflows.project import Progress, Project
from emel.workflows.revisions import candidate_revision
from emel.workflows.settings import settings_digest
from emel.workflows.tiers import Source


def package(
    project: Project,
    *,
    revision: str | None = None,
    output: Path | None = None,
    trusted: bool = True,
    progress: Progress,
) -> Bundle:
    """Build the bundle of a revision's model (default: the working tree) and put it on the shelf, or to
    `output`.

    A model or sample that is not `trusted` may hold no code. Errors: ModelError, SampleError; ParityError
    when the bundle answers otherwise than the model: nothing is kept then.
    """
    revised = candidate_revision(project, revision)
    return _package(project, revised, progress, output=output, trusted=trusted)


def package_file(
    project: Project, *, folder: Path, output: Path | None = None, trusted: bool = True, progress: Progress
) -> Bundle:
    """Build the bundle of the model file that the config names, as it lies there, into `folder` or to
    `output`.

    The file may lie in no repository at all; in one, the bundle is of the commit that is checked out. Errors:
    as of `package`; BundleError when the bundle would take the place of the model or the sample.
    """
    settings = project.config.model
    model, sample = project.root / settings.path, project.root / settings.sample
    version, commit = _place_in_history(project, model)
    place = output or Shelf(folder).place(settings.name, version)
    for written in (place, record_of(place), answers_of(place), model_of(place)):
        if written.resolve() in (model.resolve(), sample.resolve()):
            raise BundleError(
                "the bundle would take the place of the file that it is made from",
                where=str(written),
                hint="name another file by --output",
            )
    with tempfile.TemporaryDirectory(prefix="emel-") as scratch:
        source = Source(model, sample, version, commit, place, trusted, ceilings=asked_of(project))
        return make(project, source, Path(scratch), progress)


def packaged(
    project: Project, *, revision: str | None = None, to: str | None = None, progress: Progress
) -> Bundle:
    """The bundle of a revision: from the shelf if it was made from the same files and the cloud `to` takes
    it, or else a new one."""
    wanted = candidate_revision(project, revision)
    found = find_bundle(project, wanted)
    if found and len({one.cloud for one in asked_of(project, to)} - set(found.too_large_for)):
        return found
    return _package(project, wanted, progress, to=to)


def asked_of(project: Project, to: str | None = None) -> tuple[Ceiling, ...]:
    """Of the clouds of which one must take the function: `to`, else [ci] cloud; all where both name none but
    this machine."""
    named = next((name for name in (to, project.config.ci.cloud) if name in CEILINGS), None)
    return (CEILINGS[named],) if named else tuple(CEILINGS.values())


def packaged_as(project: Project, revision: Revision, version: str, *, progress: Progress) -> Bundle:
    """The bundle of a revision under a version that it may not have yet, made as `packaged` does."""
    found = find_bundle(project, revision, version=version)
    return found or _package(project, revision, progress, version=version)


def find_bundle(project: Project, revision: Revision, *, version: str | None = None) -> Bundle | None:
    """The bundle on the shelf that was made by this emel and the present settings from the revision's own
    model and sample files.

    `version` is another one than the revision has.
    """
    name = project.config.model.name
    version = version or version_of(project.repo(), name, revision)
    shelf = shelf_of(project)
    if not shelf.place(name, version).is_file():
        return None
    candidates = [item for item in shelf.all() if item.name == name and item.version == version]
    if not candidates or candidates[0].built_by != __version__:
        return None
    if candidates[0].settings_digest != settings_digest(project):
        return None
    # A Predictor is code, whose change no digest on the shelf would show.
    settings, python = project.config.model, project.config.function.python or OWN
    if settings.predictor or settings.tier not in ("auto", candidates[0].tier):
        return None
    if candidates[0].tier != "pure" and candidates[0].python != python:
        return None
    with tempfile.TemporaryDirectory(prefix="emel-") as scratch:
        model, sample = fetch_files(project, revision, Path(scratch))
        file = look(model).path if model.is_dir() else model
        same = (candidates[0].source_digest, candidates[0].sample_digest) == (
            sha256_of(file),
            sha256_of(sample),
        )
    return candidates[0] if same else None


def shelf_of(project: Project) -> Shelf:
    """Where the project's bundles stand."""
    return Shelf(project.claim_state() / "bundles")


def version_of(repo: GitRepo, name: str, revision: Revision) -> str:
    """The model version of a revision: its tag's `v1.2.3`, or `0.0.0+<commit>`.

    It ends with `.dirty` where something was edited since the commit, or where results differ from those of a
    version; results alone are what came of a commit without one.
    """
    tagged = registry.version_at(repo, name, revision.commit)
    if tagged and not revision.changes:
        return tagged.version
    is_edited = bool(revision.edits or tagged)
    return f"0.0.0+{revision.commit[:8]}{'.dirty' if is_edited else ''}"


def fetch_files(project: Project, revision: Revision, scratch: Path) -> tuple[Path, Path]:
    """The model and the sample of a revision, put below the folder `scratch`."""
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


def _package(
    project: Project,
    revision: Revision,
    progress: Progress,
    *,
    output: Path | None = None,
    trusted: bool = True,
    version: str | None = None,
    to: str | None = None,
) -> Bundle:
    name = project.config.model.name
    version = version or version_of(project.repo(), name, revision)
    with tempfile.TemporaryDirectory(prefix="emel-") as scratch:
        progress.step(f"reading the model of {revision.label}")
        model, sample = fetch_files(project, revision, Path(scratch))
        place = output or shelf_of(project).place(name, version)
        source = Source(
            model,
            sample,
            version,
            revision.commit,
            place,
            trusted,
            metrics=_metrics(project, revision),
            ceilings=asked_of(project, to),
        )
        return make(project, source, Path(scratch), progress)


def _metrics(project: Project, revision: Revision) -> dict[str, float]:
    """The numbers among the revision's metrics. A model may be packaged that has none, or no pipeline."""
    try:
        found = project.pipeline().metrics(revision)
    except (PipelineError, ResultsError, MissingExtraError):
        return {}
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def _place_in_history(project: Project, model: Path) -> tuple[str, str | None]:
    """The version of a file's model, and its commit where there is one."""
    try:
        repo = GitRepo.discover(model.parent, project.system.process)
        commit = repo.head()
    except RepositoryError:
        return "0.0.0", None
    revision = Revision(label=commit[:8], commit=commit, changes=repo.changes())
    return version_of(repo, project.config.model.name, revision), commit
