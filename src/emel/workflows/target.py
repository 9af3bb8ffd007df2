"""What a comment is written to, by the words of a command line: `pr`, `pr/12`, `commit/SHA`, `issue/3`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from emel.errors import ForgeError, RepositoryError
from emel.forge import open_gitlab, require_access_token
from emel.records.forges import Noteable, Place
from emel.workflows.machine import System
from emel.workflows.review import Review, find_merge_request, find_review

_TARGET = re.compile(r"(pr|commit|issue)(?:/(.+))?")


class Target(NamedTuple):
    """A merge request (`pr`), commit or issue; without an `id` that of this change."""

    kind: Literal["pr", "commit", "issue"]
    id: str | None


def parse_target(text: str) -> Target:
    """The target that a text names. Errors: ValueError, whose text says what is allowed."""
    found = _TARGET.fullmatch(text)
    kind = found[1] if found else ""
    number = found[2] if found else None
    is_number = number is not None and number.isdecimal()
    if kind == "pr" and (number is None or is_number):
        return Target("pr", number)
    if kind == "issue" and is_number:
        return Target("issue", number)
    if kind == "commit" and (number is None or re.fullmatch(r"\w[\w./~^-]*", number)):
        return Target("commit", number)
    raise ValueError(f"{text!r} is none of pr, pr/NUMBER, commit, commit/SHA, issue/NUMBER")


def find_target(
    target: Target | None, place: Place, system: System, env: Mapping[str, str], tell: Callable[[str], None]
) -> Review:
    """What to write to; without a target the merge request of this change, else its commit.

    Errors: ForgeError, also when there is no such merge request, or no token to write with; RepositoryError
    without any commit.
    """
    require_access_token(place, env)
    if target is None:
        return find_review(place, system, env, tell)
    if target.kind == "pr" and target.id in (None, place.merge_request):
        return _merge_request(place, system, env, tell)
    # Merge requests and issues stand where changes are reviewed, which of a fork is another project.
    project = place.merge_request_project if target.kind != "commit" else None
    forge = open_gitlab(place, env, system.http, system.clock, project=project, tell=tell)
    page = place.project_url
    if place.merge_request_url and project not in (None, place.project):
        page = place.merge_request_url.partition("/-/")[0]
    if target.kind == "commit":
        commit = place.commit if target.id in (None, "HEAD") else target.id
        if commit is None:
            raise RepositoryError("there is no commit to write to", hint="commit something, and push it")
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit):
            commit = forge.commits.get(commit).id
        return Review(forge, Noteable("commit", commit), f"{page}/-/commit/{commit}")
    assert target.id is not None
    if target.kind == "pr":
        return Review(forge, Noteable("merge_request", target.id), f"{page}/-/merge_requests/{target.id}")
    return Review(forge, Noteable("issue", target.id), f"{page}/-/issues/{target.id}")


def _merge_request(
    place: Place, system: System, env: Mapping[str, str], tell: Callable[[str], None]
) -> Review:
    found = find_merge_request(place, system, env, tell)
    if found is None:
        raise ForgeError(
            "this change has no open merge request",
            where=place.project_url,
            hint="open one, or name what to write to: --target pr/NUMBER, commit or issue/NUMBER",
        )
    return found
