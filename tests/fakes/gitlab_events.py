"""What happens in a project that may start a pipeline, with the variables that GitLab then sets.

GitLab's documentation, «Predefined CI/CD variables» and «Types of pipelines».
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

TARGET = {"CI_PROJECT_ID": "1", "CI_DEFAULT_BRANCH": "main"}
FORK = {"CI_PROJECT_ID": "2", "CI_DEFAULT_BRANCH": "main"}


@dataclass(frozen=True)
class Event:
    """One event. `changed` is None where GitLab has nothing to compare with: every `changes` holds then."""

    variables: Mapping[str, str]
    changed: Sequence[str] | None = None
    files: Sequence[str] = field(default=())

    def touches(self, patterns: Sequence[str]) -> bool:
        return self.changed is None or _any_matches(self.changed, patterns)

    def has(self, patterns: Sequence[str]) -> bool:
        return _any_matches(self.files, patterns)


def push(branch: str, *, open_merge_request: bool = False, changed: Sequence[str] | None = None) -> Event:
    """A push to a branch of the project."""
    more = {"CI_OPEN_MERGE_REQUESTS": "team/churn!7"} if open_merge_request else {}
    return Event(_branch(branch, "push") | more, changed)


def merge_request(*, changed: Sequence[str] | None = None) -> Event:
    """A push to the branch of merge request 7, or its opening."""
    return Event(TARGET | _of_merge_request("1"), changed)


def merge_request_of_fork(*, in_fork: bool) -> Event:
    """The same for a branch of a fork: GitLab runs it in the fork, or for a member of the project in this."""
    return Event((FORK if in_fork else TARGET) | _of_merge_request("2"))


def tag(name: str) -> Event:
    return Event(TARGET | {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_TAG": name, "CI_COMMIT_REF_SLUG": "tag"})


def schedule(branch: str = "main") -> Event:
    return Event(_branch(branch, "schedule"))


def by_hand(branch: str, *, open_merge_request: bool = False) -> Event:
    """«New pipeline» in the menu."""
    more = {"CI_OPEN_MERGE_REQUESTS": "team/churn!7"} if open_merge_request else {}
    return Event(_branch(branch, "web") | more)


def _branch(name: str, source: str) -> dict[str, str]:
    return {
        **TARGET,
        "CI_PIPELINE_SOURCE": source,
        "CI_COMMIT_BRANCH": name,
        "CI_COMMIT_REF_SLUG": name.replace("/", "-"),
    }


def _of_merge_request(source_project: str) -> dict[str, str]:
    return {
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_PROJECT_ID": "1",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": source_project,
        "CI_OPEN_MERGE_REQUESTS": "team/churn!7",
        "CI_COMMIT_REF_SLUG": "topic",
    }


def _any_matches(paths: Sequence[str], patterns: Sequence[str]) -> bool:
    return any(re.fullmatch(_expression(pattern), path) for pattern in patterns for path in paths)


def _expression(pattern: str) -> str:
    """`**/` is any number of folders, `*` anything but a slash, as Ruby's `File.fnmatch` has it."""
    parts = re.split(r"(\*\*/|\*)", pattern)
    return "".join({"**/": "(?:.*/)?", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)
