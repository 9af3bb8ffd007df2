"""What a machine, its runner, and the tag that leads a job to it are called: all three the same.

A pipeline's machine is `emel-<project number>-<CI_PIPELINE_IID>`. That is the pipeline's number in its
project, not the one on the server: GitLab fills in the first alone where a job names its tags, since
CI_PIPELINE_ID is a «persisted» variable (GitLab documentation, «Where variables can be used»).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence

from emel.errors import MachineError

MARK = "emel-runner"
"""Beginning of the tag that all runners of a cloud carry, so that they are found again."""
NAME = re.compile(r"[a-z]([-a-z0-9]{0,48}[a-z0-9])?")
"""Fits Yandex Cloud (63 characters) and Kubernetes, which puts a suffix behind it."""
PIPELINE = "CI_PIPELINE_IID"


def machine_name(project: str, suffix: str | None, env: Mapping[str, str]) -> str:
    """The name of a machine of the project with this number; in a CI job that of its pipeline.

    The same pipeline and suffix give the same name; outside of CI and without a suffix it is a new one.
    Errors: MachineError for a suffix that no cloud takes.
    """
    pipeline = env.get(PIPELINE) or None
    last = suffix or (None if pipeline else secrets.token_hex(3))
    name = "-".join(part for part in ("emel", project, pipeline, last) if part)
    if not NAME.fullmatch(name):
        raise MachineError(
            f"{name!r} cannot be the name of a machine",
            hint="use lower-case letters, digits and hyphens in --name, 50 with all that stands before it",
        )
    return name


def check_tags(tags: Sequence[str]) -> None:
    """Errors: MachineError for a tag that GitLab would take for none, or for several."""
    for tag in tags:
        if not tag.strip() or "," in tag:
            raise MachineError(f"{tag!r} cannot be a tag", hint="give each of several its own --tag")
