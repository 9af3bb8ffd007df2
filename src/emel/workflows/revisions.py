"""Which revision is meant, and what it is compared with."""

from __future__ import annotations

import re

from emel.errors import PipelineError, RepositoryError
from emel.experiments.definition import among, read_definition
from emel.experiments.noise import FILE as NOISE
from emel.experiments.recording import LOCK
from emel.gitrepo import GitRepo
from emel.records import Revision
from emel.workflows.project import Project

WORKSPACE = "workspace"
MERGE_REQUEST = re.compile(r"!([1-9][0-9]*)")


def candidate_revision(project: Project, name: str | None = None) -> Revision:
    """The revision called `name`; without a name the working tree, or HEAD where nothing was changed."""
    repo = project.repo()
    if name is not None:
        return named_revision(project, name)
    head = repo.head()
    changes = repo.changes()
    if changes:
        results = _results(project, repo, changes)
        return Revision(label=WORKSPACE, commit=head, changes=changes, results=results)
    return Revision(label=repo.branch() or head[:8], commit=head)


def named_revision(project: Project, name: str) -> Revision:
    """A branch, tag or commit, or the head of a merge request: `!12`, which is fetched from `origin`.

    Errors: RepositoryError when there is none. The reference that GitLab keeps for each merge request is
    told in its documentation, «Checkout merge requests locally through the head ref».
    """
    repo = project.repo()
    match = MERGE_REQUEST.fullmatch(name)
    if match is None:
        return Revision(label=name, commit=repo.resolve(name))
    number = match[1]
    try:
        head = f"refs/merge-requests/{number}/head"
        commit = repo.fetch_reference("origin", head, f"refs/emel/merge-requests/{number}")
    except RepositoryError as problem:
        raise RepositoryError(
            f"the merge request {name} cannot be fetched from `origin`: {problem.message.splitlines()[0]}",
            hint="check its number, and that `git fetch origin` works here",
        ) from problem
    return Revision(label=name, commit=commit)


def base_revision(project: Project, candidate: Revision, name: str | None = None) -> Revision | None:
    """What the candidate is compared with.

    That is the revision called `name`, or else the last commit that the candidate shares with the branch of
    `[compare] base`. On that branch itself it is the commit below: HEAD for a working tree with edits, the
    parent for a commit or its results. None where there is no commit below.
    """
    repo = project.repo()
    if name is not None:
        return named_revision(project, name)
    branch = _base_branch(repo, project.config.compare.base)
    shared = repo.merge_base(candidate.commit, branch)
    if shared is None:
        return None
    if shared != candidate.commit:
        return Revision(label=project.config.compare.base, commit=shared)
    if candidate.edits:
        return Revision(label=shared[:8], commit=shared)
    parent = repo.first_parent(candidate.commit)
    return Revision(label=parent[:8], commit=parent) if parent else None


def _results(project: Project, repo: GitRepo, changes: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the changed files that the pipeline writes. A dvc.yaml that nobody can read names none; what
    needs the pipeline tells of it."""
    try:
        definition = read_definition(project.root)
    except PipelineError:
        return ()
    if definition is None:
        return ()
    below = project.root.resolve().relative_to(repo.root.resolve())
    return among(changes, (LOCK, NOISE, *definition.results), below)


def _base_branch(repo: GitRepo, name: str) -> str:
    """The commit of the base branch; in CI often only the remote's copy of it is there."""
    for spelling in (name, f"origin/{name}"):
        try:
            return repo.resolve(spelling)
        except RepositoryError:
            continue
    raise RepositoryError(
        f"there is no branch `{name}` to compare with",
        hint="name another in emel.toml, [compare] base, or by --base; in CI, fetch it: git fetch origin "
        + name,
    )
