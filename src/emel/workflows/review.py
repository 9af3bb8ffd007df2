"""Where a change is reviewed: which project on which server, and the merge request or commit to write to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from emel.errors import ForgeError, RepositoryError
from emel.forge import Forge, open_gitlab, place_of_job, place_of_origin
from emel.gitrepo import GitRepo
from emel.records.forges import Noteable, Place
from emel.workflows.machine import System


class Review(NamedTuple):
    """What a report or comment is written to."""

    forge: Forge
    """The project that the merge request, issue or commit stands in."""
    on: Noteable
    url: str
    """Its page."""


def find_place(root: Path, system: System, env: Mapping[str, str]) -> Place:
    """Where this works: what the CI job says, else what the repository's `origin` says. Asks no server.

    Errors: ForgeError; RepositoryError outside of CI when `root` is in no repository.
    """
    of_job = place_of_job(env)
    if of_job is not None:
        return of_job
    repo = GitRepo.discover(root, system.process)
    origin = repo.remote_url("origin")
    if origin is None:
        raise RepositoryError(
            "the repository has no remote named `origin`",
            where=str(root),
            hint="add it: git remote add origin https://gitlab.com/GROUP/PROJECT.git",
        )
    return place_of_origin(origin, repo.branch(), repo.head(), env)


def find_review(place: Place, system: System, env: Mapping[str, str], tell: Callable[[str], None]) -> Review:
    """The merge request of this change, else its commit. The server is asked only if the job does not know.

    Errors: ForgeError; RepositoryError without any commit.
    """
    found = find_merge_request(place, system, env, tell)
    if found:
        return found
    if place.commit is None:
        raise RepositoryError("there is no commit to write to", hint="commit something, and push it")
    forge = open_gitlab(place, env, system.http, system.clock, tell=tell)
    return Review(forge, Noteable("commit", place.commit), f"{place.project_url}/-/commit/{place.commit}")


def find_merge_request(
    place: Place, system: System, env: Mapping[str, str], tell: Callable[[str], None]
) -> Review | None:
    """The merge request of this change, if it has an open one. Errors: ForgeError."""
    if place.merge_request:
        forge = open_gitlab(
            place, env, system.http, system.clock, project=place.merge_request_project, tell=tell
        )
        url = place.merge_request_url or place.project_url
        return Review(forge, Noteable("merge_request", place.merge_request), url)
    forge = open_gitlab(place, env, system.http, system.clock, tell=tell)
    found = _open_merge_requests(place, forge)
    if found is None:
        return None
    iid, project, url = found
    if project != place.project:
        forge = open_gitlab(place, env, system.http, system.clock, project=project, tell=tell)
    return Review(forge, Noteable("merge_request", iid), url)


def _open_merge_requests(place: Place, forge: Forge) -> tuple[str, str, str] | None:
    """Number, project and page of the oldest open merge request of the commit, or of the branch here."""
    if place.commit is None:
        return None
    try:
        found = list(forge.merge_requests.open_of_commit(place.commit))
    except ForgeError as problem:
        # The server does not know a commit that nobody pushed.
        if problem.status != 404:
            raise
        found = []
    if not found and place.branch and not place.in_ci:
        found = list(forge.merge_requests.open_of_branch(place.branch))
    if not found:
        return None
    oldest = min(found, key=lambda request: request.iid)
    project = oldest.target_project_id or oldest.project_id
    same = oldest.source_project_id == project
    return str(oldest.iid), place.project if same else str(project), oldest.web_url
