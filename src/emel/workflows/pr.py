"""Files that a job changed, as a merge request: made once, and brought up to date by further runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import Struct

from emel.errors import ForgeError, RepositoryError
from emel.forge import Forge, git_environment, open_gitlab, require_access_token, without_login
from emel.gitrepo import GitRepo
from emel.records.forges import MergeRequest, Place
from emel.system.clock import Clock
from emel.workflows.machine import System
from emel.workflows.review import find_place

Merging = Literal["merge", "squash", "rebase"]

MERGE_WAITS = (1.0, 2.0, 4.0, 8.0, 16.0, 16.0)
"""Seconds before each further look whether a merge request can be merged, which GitLab finds out later."""
NOT_YET = ("checking", "unchecked", "preparing", "approvals_syncing")
"""What GitLab says meanwhile (its documentation, «Merge requests API», Merge status)."""
TRIES = 3

_OWN_BRANCH = re.compile(r".+-emel-pr-[0-9a-f]{8}")


class Wording(NamedTuple):
    """What the user says; None is for words of ours."""

    branch: str | None = None
    target_branch: str | None = None
    title: str | None = None
    body: str | None = None
    message: str | None = None
    skip_ci: bool = False
    remote: str = "origin"
    user_name: str | None = None
    user_email: str | None = None


class PullRequest(Struct, frozen=True, kw_only=True):
    """What became of the merge request."""

    url: str | None
    """Its page; None when there was nothing to do."""
    branch: str | None = None
    commit: str | None = None
    """The commit that was pushed; None when the branch held these files already."""
    created: bool = False
    files: tuple[str, ...] = ()
    reason: str | None = None
    """Why there was nothing to do."""


def create_merge_request(
    patterns: Sequence[str],
    wording: Wording,
    merging: Merging | None,
    *,
    folder: Path,
    system: System,
    env: Mapping[str, str],
    tell: Callable[[str], None],
) -> PullRequest:
    """Put the changed files that the patterns mean on a branch of their own, and open a merge request for it.

    The branch that is checked out, the index and the working tree stay as they are. Repeated it adds a
    commit to the same branch if files have changed since, and leaves the merge request as people made it.
    Errors: RepositoryError, ForgeError; the merge request may stand all the same, which the hint then says.
    """
    repo = GitRepo.discover(folder, system.process)
    place = find_place(folder, system, env)
    target = wording.target_branch or place.branch
    if target is None:
        raise RepositoryError(
            "no branch is checked out that the merge request could go into",
            where=str(repo.root),
            hint="name it: --target-branch main",
        )
    base = _base(repo, place)
    branch = wording.branch or f"{target}-emel-pr-{base[:8]}"
    if place.branch is not None and (place.branch == branch or _OWN_BRANCH.fullmatch(place.branch)):
        return PullRequest(url=None, reason=f"{place.branch} is itself the branch of such a merge request")
    files = repo.changes_matching(patterns, below=folder)
    if not files:
        return PullRequest(url=None, reason="no changed file matches")
    require_access_token(place, env)
    forge = open_gitlab(place, env, system.http, system.clock, tell=tell)
    texts = _texts(wording, place, target, base)
    commit = _pushed(repo, files, base, branch, texts.message, wording, env)
    request, created = _opened(forge, branch, target, texts, merging)
    if merging is not None:
        _merge(forge, request, merging, system.clock)
    return PullRequest(url=request.web_url, branch=branch, commit=commit, created=created, files=files)


class _Texts(NamedTuple):
    title: str
    body: str
    message: str


def _base(repo: GitRepo, place: Place) -> str:
    """The commit that the branch starts from: merged results pipelines check out one that no branch holds."""
    if place.commit is not None:
        try:
            return repo.resolve(place.commit)
        except RepositoryError:
            pass
    return repo.head()


def _texts(wording: Wording, place: Place, target: str, base: str) -> _Texts:
    title = wording.title or f"Results of {target} at {base[:8]}"
    message = wording.message or title
    return _Texts(
        title=title,
        body=wording.body or f"Files that a run of {place.project_url}/-/commit/{base} changed.",
        message=f"{message} [skip ci]" if wording.skip_ci else message,
    )


def _pushed(
    repo: GitRepo,
    files: Sequence[str],
    base: str,
    branch: str,
    message: str,
    wording: Wording,
    env: Mapping[str, str],
) -> str | None:
    url = repo.remote_url(wording.remote)
    if url is None:
        raise RepositoryError(f"the repository has no remote named `{wording.remote}`", where=str(repo.root))
    access = git_environment(url, env)
    # An address without the login of a job's clone, so that git asks for ours.
    remote = without_login(url) if access else wording.remote
    identity = _identity(wording.user_name, wording.user_email, env)
    for attempt in range(TRIES):
        tip = repo.remote_branch(remote, branch, env=access)
        commit = repo.commit_onto(tip or base, files, message, identity=identity)
        if commit is None:
            return None
        try:
            repo.push(remote, commit, branch, env=access)
        except RepositoryError:
            # Another job may have pushed to it meanwhile; nothing of it is to be lost.
            if attempt == TRIES - 1 or repo.remote_branch(remote, branch, env=access) == tip:
                raise
            continue
        return commit
    raise AssertionError("the last attempt returns or raises")


def _identity(name: str | None, email: str | None, env: Mapping[str, str]) -> dict[str, str]:
    """Whom commits are by, as variables for git: who is named, else who started the job, else nothing."""
    given = {"NAME": name or env.get("GITLAB_USER_NAME"), "EMAIL": email or env.get("GITLAB_USER_EMAIL")}
    return {
        f"GIT_{person}_{kind}": value
        for kind, value in given.items()
        for person in ("AUTHOR", "COMMITTER")
        if value
    }


def _opened(
    forge: Forge, branch: str, target: str, texts: _Texts, merging: Merging | None
) -> tuple[MergeRequest, bool]:
    known = _open_one(forge, branch, target)
    if known is not None:
        return known, False
    fields = {"description": texts.body, "remove_source_branch": True, "squash": merging == "squash"}
    try:
        return forge.merge_requests.create(branch, target, texts.title, **fields), True
    except ForgeError as problem:
        # Another job was faster, or the answer was lost.
        known = _open_one(forge, branch, target) if problem.status == 409 or problem.maybe_done else None
        if known is None:
            raise
        return known, False


def _open_one(forge: Forge, branch: str, target: str) -> MergeRequest | None:
    found = forge.merge_requests.open_of_branch(branch)
    return next((each for each in found if each.target_branch == target), None)


def _merge(forge: Forge, request: MergeRequest, merging: Merging, clock: Clock) -> None:
    """Let it merge once its pipeline has passed."""
    if merging == "rebase":
        forge.merge_requests.rebase(request.iid)
    not_yet = (*NOT_YET, "need_rebase") if merging == "rebase" else NOT_YET
    for wait in (*MERGE_WAITS, None):
        status = forge.merge_requests.get(request.iid).detailed_merge_status
        if status in not_yet and wait is not None:
            clock.sleep(wait)
            continue
        try:
            forge.merge_requests.merge_when_pipeline_succeeds(request.iid, squash=merging == "squash")
            return
        except ForgeError as problem:
            if problem.status not in (405, 406, 409, 422) or wait is None:
                raise ForgeError(
                    f"the merge request stands, and is not merged: {problem.message}",
                    where=request.web_url,
                    hint=f"look at what GitLab says there (merge status: {status}), and merge it by hand",
                    status=problem.status,
                ) from problem
            clock.sleep(wait)
