"""Run the pipeline with other parameters, in a copy of the project that is removed afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from emel.experiments import Pipeline
from emel.gitrepo import GitRepo
from emel.records import PipelineRun, Revision, Snapshot
from emel.system.process import OnLine, Process
from emel.workflows.project import Project
from emel.workflows.revisions import WORKSPACE


class Bench(NamedTuple):
    """What all copies have in common."""

    project: Project
    process: Process
    repo: GitRepo
    commit: str
    cache: Path
    scratch: Path
    """Where the copies are made."""
    changes: Sequence[str]
    """Files of the working tree that the copies have instead of the commit's, relative to the repository."""


@contextmanager
def open_bench(
    project: Project, process: Process, commit: str, changes: Sequence[str] = ()
) -> Iterator[Bench]:
    """A place for copies of a commit, for as long as the block runs. They work with the project's cache."""
    repo = GitRepo.discover(project.root, process)
    cache = Pipeline(project.root, process).cache_folder()
    with tempfile.TemporaryDirectory(prefix="emel-copies-") as folder:
        yield Bench(project, process, repo, commit, cache, Path(folder), changes)


@contextmanager
def copied(bench: Bench, params: Sequence[str]) -> Iterator[Pipeline]:
    """The pipeline of a copy in which `params` are set.

    Errors: PipelineError for a parameter that is not there; ResultsError for data that are not at hand.
    """
    with tempfile.TemporaryDirectory(dir=bench.scratch) as folder:
        copy = bench.repo.copy_at(bench.commit, Path(folder) / "repository")
        for name in bench.changes:
            _bring(bench.repo.root / name, copy.root / name)
        below = bench.project.root.resolve().relative_to(bench.repo.root.resolve())
        pipeline = Pipeline(copy.root / below, bench.process)
        pipeline.set_params(params)
        pipeline.share_cache(bench.project.root, bench.cache)
        yield pipeline


def run_copy(
    bench: Bench,
    pipeline: Pipeline,
    *,
    stages: Sequence[str] = (),
    force: bool = False,
    on_line: OnLine,
) -> tuple[PipelineRun, Snapshot]:
    """Run a copy's pipeline and read its results; with `force` once more for the same inputs.

    Errors: PipelineError, ResultsError.
    """
    # DVC would take what is forced for the result of these inputs, and restore either of the two.
    made = pipeline.run(stages=stages, force=force, commit=not force, on_line=on_line)
    revision = Revision(label=WORKSPACE, commit=bench.commit, changes=("dvc.lock",))
    return made, pipeline.snapshot(revision)


def _bring(original: Path, place: Path) -> None:
    if not original.exists():
        place.unlink(missing_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(original, place)
