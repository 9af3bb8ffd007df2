"""What cml's commands and flags are called here, in the version of cml that was its last, 0.20.6.

Its documentation: https://cml.dev/doc/ref
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Flag(NamedTuple):
    """A flag of cml."""

    emel: str = ""
    """What is written instead, with `{}` for the value; empty when nothing is needed."""
    takes_value: bool = False
    off: str = ""
    """What is written when it is switched off."""
    words: Mapping[str, str] = _NOTHING
    """Values of cml → values of emel; empty ones need nothing."""
    default: str = ""
    """Cml's own value, where ours is another."""
    note: str = ""
    """What is said when it is used."""


class Command(NamedTuple):
    """A command of cml."""

    emel: str
    prefix: str
    """How the variables begin that cml reads flags from."""
    flags: Mapping[str, Flag]


STATES = {
    "success": "success",
    "failure": "failed",
    "neutral": "skipped",
    "cancelled": "canceled",
    "skipped": "skipped",
    "timed_out": "failed",
}
PUBLISH_URL = Flag(takes_value=True, note="files are uploaded to the GitLab project, not to another host")
COMMENT = {
    "target": Flag("--target {}", takes_value=True),
    "pr": Flag("--target pr"),
    "commit-sha": Flag("--target commit/{}", takes_value=True),
    "head-sha": Flag("--target commit/{}", takes_value=True),
    "watch": Flag("--watch"),
    "trigger-file": Flag(takes_value=True, note="the text and its pictures are watched themselves"),
    "publish": Flag("--publish", off="--no-publish"),
    "publish-url": PUBLISH_URL,
    "publish-native": Flag(),
    "native": Flag(),
    "gitlab-uploads": Flag(),
    "update": Flag(),
    "rm-watermark": Flag(note="there is no watermark that readers see"),
    "watermark-title": Flag("--watermark-title {}", takes_value=True),
}
PR = {
    "md": Flag("--md"),
    "skip-ci": Flag("--skip-ci"),
    "merge": Flag("--merge"),
    "auto-merge": Flag("--merge"),
    "rebase": Flag("--rebase"),
    "squash": Flag("--squash"),
    "branch": Flag("--branch {}", takes_value=True),
    "target-branch": Flag("--target-branch {}", takes_value=True),
    "title": Flag("--title {}", takes_value=True),
    "body": Flag("--body {}", takes_value=True),
    "message": Flag("--message {}", takes_value=True),
    "remote": Flag("--remote {}", takes_value=True),
    "user-email": Flag("--user-email {}", takes_value=True),
    "user-name": Flag("--user-name {}", takes_value=True),
}
CHECK = {
    "title": Flag("--title {}", takes_value=True, default="CML Report"),
    "conclusion": Flag("--state {}", takes_value=True, words=STATES),
    "status": Flag(
        "--state {}", takes_value=True, words={"queued": "pending", "in_progress": "running", "completed": ""}
    ),
    "commit-sha": Flag("--commit {}", takes_value=True),
    "head-sha": Flag("--commit {}", takes_value=True),
}
ASSET = {
    "md": Flag("--md"),
    "title": Flag("--title {}", takes_value=True),
    "t": Flag("--title {}", takes_value=True),
    "file": Flag(takes_value=True),
    "f": Flag(takes_value=True),
    "url": PUBLISH_URL,
    "native": Flag(),
    "gitlab-uploads": Flag(),
    "rm-watermark": Flag(),
    "mime-type": Flag(takes_value=True),
}
PREPARE = {
    "fetch-depth": Flag("--fetch-depth {}", takes_value=True),
    "unshallow": Flag("--fetch-depth 0"),
    "user-email": Flag("--user-email {}", takes_value=True),
    "user-name": Flag("--user-name {}", takes_value=True),
}
COMMANDS = {
    "comment create": Command("comment create", "CML_COMMENT_", COMMENT),
    "comment update": Command("comment update", "CML_COMMENT_", COMMENT),
    "pr create": Command("pr create", "CML_PR_", PR),
    "check create": Command("check create", "CML_CHECK_", CHECK),
    "asset publish": Command("asset publish", "CML_ASSET_", ASSET),
    "workflow rerun": Command("workflow rerun", "CML_WORKFLOW_", {"id": Flag("--id {}", takes_value=True)}),
    "repo prepare": Command("repo prepare", "CML_REPO_", PREPARE),
}
FORMER_NAMES = {
    "send-comment": "comment create",
    "pr": "pr create",
    "publish": "asset publish",
    "send-github-check": "check create",
    "rerun-workflow": "workflow rerun",
    "ci": "repo prepare",
}
GLOBAL = {
    "token": Flag(
        takes_value=True,
        note="other programs can read a token among the arguments: set EMEL_GITLAB_TOKEN instead",
    ),
    "driver-token": Flag(takes_value=True, note="set EMEL_GITLAB_TOKEN instead of --driver-token"),
    "driver": Flag(takes_value=True),
    "repo": Flag(takes_value=True),
    "log": Flag(takes_value=True),
}
GONE = {
    "runner": "emel runner launch makes the machine; its options: docs/guides/from-cml.md, «cml runner»",
    "tensorboard": "TensorBoard.dev ended in 2024: keep the logs as an artifact of the job",
    "tensorboard-dev": "TensorBoard.dev ended in 2024: keep the logs as an artifact of the job",
}
