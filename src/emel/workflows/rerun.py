"""A pipeline of the project, run again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from emel.errors import ForgeError
from emel.forge import Forge, open_gitlab, require_access_token
from emel.records.forges import Pipeline
from emel.system.clock import Clock
from emel.workflows.machine import System
from emel.workflows.review import find_place

ACTIVE = (
    "created",
    "waiting_for_resource",
    "preparing",
    "waiting_for_callback",
    "pending",
    "running",
    "canceling",
)
"""Pipelines that have not ended (GitLab documentation, «Pipelines API», status)."""
WAITS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds before each further look whether a pipeline has been cancelled."""


class Rerun(Struct, frozen=True, kw_only=True):
    """A pipeline that runs again."""

    id: int
    url: str
    cancelled: bool
    """Whether it still ran, and was cancelled first."""
    own: bool
    """Whether it is the pipeline of the job that asks, which is never cancelled."""


def rerun(
    pipeline: int | None,
    *,
    root: Path,
    system: System,
    env: Mapping[str, str],
    tell: Callable[[str], None],
) -> Rerun:
    """Run the failed and cancelled jobs of a pipeline again; one that still runs is cancelled first.

    Without a number it is the pipeline of this job. That one is not cancelled, for it would end this job:
    those of its jobs that have failed so far run again. Errors: ForgeError.
    """
    place = find_place(root, system, env)
    own = int(place.pipeline) if place.pipeline else None
    number = pipeline or own
    if number is None:
        raise ForgeError("outside of a pipeline nobody knows which one is meant", hint="name it: --id NUMBER")
    require_access_token(place, env)
    forge = open_gitlab(place, env, system.http, system.clock, tell=tell)
    found = forge.pipelines.get(number)
    cancels = found.status in ACTIVE and number != own
    if cancels:
        _cancel(forge, found, system.clock)
    started = forge.pipelines.retry(number)
    return Rerun(id=started.id, url=started.web_url, cancelled=cancels, own=number == own)


def _cancel(forge: Forge, pipeline: Pipeline, clock: Clock) -> None:
    forge.pipelines.cancel(pipeline.id)
    for wait in WAITS:
        if forge.pipelines.get(pipeline.id).status not in ACTIVE:
            return
        clock.sleep(wait)
    raise ForgeError(
        "the pipeline was cancelled, and its jobs have not ended yet",
        where=pipeline.web_url,
        hint="run this again once they have",
    )
