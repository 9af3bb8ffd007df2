"""What a check found, as a status of the commit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from emel.errors import RepositoryError
from emel.forge import open_gitlab, require_access_token
from emel.records.forges import CommitState, CommitStatus
from emel.secrets import Masker, secret_values
from emel.workflows.machine import System
from emel.workflows.review import find_place

LONGEST = 255
"""Characters of a description (GitLab documentation, «Commits API», Set commit pipeline status)."""


def create_check(
    name: str,
    state: CommitState,
    *,
    text: str,
    commit: str | None,
    url: str | None,
    root: Path,
    system: System,
    env: Mapping[str, str],
    tell: Callable[[str], None],
) -> CommitStatus:
    """Say on a commit, that of this change unless another is named, how the check `name` went.

    The first line of `text` that says something becomes the description; `url` is where a click leads, the
    page of the job unless another is given. Repeated the newest word counts. Errors: ForgeError;
    RepositoryError without any commit.
    """
    place = find_place(root, system, env)
    require_access_token(place, env)
    forge = open_gitlab(place, env, system.http, system.clock, tell=tell)
    whole = commit or place.commit
    if whole is None:
        raise RepositoryError(
            "there is no commit to say something of", hint="commit something, or name one: --commit SHA"
        )
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", whole):
        whole = forge.commits.get(whole).id
    # The pipeline of merged results runs on another commit, and may not be named with this one.
    is_own = place.pipeline is not None and env.get("CI_COMMIT_SHA") == whole
    return forge.commits.set_status(
        whole,
        state,
        name,
        description=headline(Masker(secret_values(env))(text)),
        target_url=url or place.job_url,
        ref=place.branch if whole == place.commit and not is_own else None,
        pipeline=place.pipeline if is_own else None,
    )


def headline(markdown: str) -> str:
    """The first line that says something, without its marks: `## Gate **passed**` → `Gate passed`."""
    without_code = re.sub(r"(?ms)^(```+|~~~+).*?^\1|<!--.*?-->", "", markdown)
    for line in without_code.splitlines():
        line = re.sub(r"!\[[^\]]*\]\([^)]*\)|<[^>]+>", "", line)
        line = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line)
        line = re.sub(r"^[\s>#*+-]+|[*`]|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|\s+$", "", line)
        if re.search(r"\w", line):
            return line[:LONGEST]
    return ""
