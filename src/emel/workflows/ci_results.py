"""Results of a pipeline in the project's generic packages: one with the same inputs need not train again."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from emel.errors import EmelError, ForgeError, ResultsError
from emel.forge.base import Packages
from emel.workflows.forged import find_forge
from emel.workflows.project import Progress, Project

FILE = "results.tar"
KEPT = 20
"""Versions of the package that stay; older ones are deleted where the token may."""


class SharedResults(Struct, frozen=True, kw_only=True):
    """What became of the results of the commit that is checked out."""

    package: str
    version: str
    """The digest of all that the pipeline reads, of the image and of the locked libraries."""
    outcome: Literal["sent", "there already", "fetched", "none there", "nothing to send", "failed"]
    files: int = 0
    reason: str | None = None
    """Why it failed."""


def push_results(project: Project, *, env: Mapping[str, str], progress: Progress) -> SharedResults:
    """Keep what the stages have made whose results stand in the present dvc.lock. Repeated it does nothing.

    Nothing that the forge refuses is an error: results are artifacts of the job all the same.
    """
    package, version = _named(project)
    try:
        packages = _packages(project, env, progress)
        if packages.files(package, version):
            return SharedResults(package=package, version=version, outcome="there already")
        with tempfile.TemporaryDirectory(prefix="emel-") as scratch:
            archive = Path(scratch) / FILE
            count = project.pipeline().pack_results(archive)
            if not count:
                return SharedResults(package=package, version=version, outcome="nothing to send")
            progress.step("sending results")
            packages.publish(package, version, archive)
        _prune(packages, package)
    except ForgeError as problem:
        return SharedResults(package=package, version=version, outcome="failed", reason=_why(problem))
    return SharedResults(package=package, version=version, outcome="sent", files=count)


def pull_results(project: Project, *, env: Mapping[str, str], progress: Progress) -> SharedResults:
    """Fetch what a pipeline with the same inputs has made, into DVC's cache: `emel run` finds it there.

    Nothing that the forge refuses, and no package that is damaged, is an error: then the stages run.
    """
    package, version = _named(project)
    try:
        packages = _packages(project, env, progress)
        if not packages.files(package, version):
            return SharedResults(package=package, version=version, outcome="none there")
        with tempfile.TemporaryDirectory(prefix="emel-") as scratch:
            progress.step("fetching results")
            packages.download(package, version, FILE, Path(scratch) / FILE)
            count = project.pipeline().adopt_results(Path(scratch) / FILE)
    except (ForgeError, ResultsError) as problem:
        return SharedResults(package=package, version=version, outcome="failed", reason=_why(problem))
    return SharedResults(package=package, version=version, outcome="fetched", files=count)


def _named(project: Project) -> tuple[str, str]:
    """The package, and the version that stands for what the commit's results hang on."""
    repo, table = project.repo(), project.config.ci
    commit = repo.head()
    folder = project.root.resolve().relative_to(repo.root.resolve())
    lock = repo.read(commit, (folder / table.requirements).as_posix()) if table.requirements else None
    parts = (project.pipeline().inputs_digest(commit), table.image, hashlib.sha256(lock or b"").hexdigest())
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return f"{project.config.model.name}-results", digest[:40]


def _packages(project: Project, env: Mapping[str, str], progress: Progress) -> Packages:
    found = find_forge(project.root, project.system, env, progress)
    if isinstance(found, str):
        raise ForgeError(found)
    return found.forge.packages


def _why(problem: EmelError) -> str:
    return f"{problem}; {problem.hint}" if problem.hint else str(problem)


def _prune(packages: Packages, package: str) -> None:
    newest_first = sorted(packages.versions(package), key=lambda one: one.id, reverse=True)
    for old in newest_first[KEPT:]:
        try:
            packages.delete(package, old.version)
        except ForgeError as problem:
            # A job's token stands for its user, who may be no Maintainer.
            if problem.status in (401, 403):
                return
            raise
