"""What a deploy would do, as frozen steps that are made from reading alone."""

from __future__ import annotations

import re

from msgspec import Struct

from emel.clouds.base import Functions
from emel.errors import DeployError
from emel.records import Bundle, FunctionSettings


class CreateVersion(Struct, frozen=True, tag="create-version"):
    """Upload the bundle as a new version."""

    text: str


class ReuseVersion(Struct, frozen=True, tag="reuse-version"):
    """Take the version that has this bundle and these settings already."""

    number: int
    text: str


class SetTag(Struct, frozen=True, tag="set-tag"):
    """Point the tag at the version of the step before."""

    text: str


Step = CreateVersion | ReuseVersion | SetTag


class Plan(Struct, frozen=True, kw_only=True):
    """The steps of one deploy. `--dry-run` prints their texts."""

    bundle: Bundle
    function: str
    tag: str
    settings: FunctionSettings
    steps: tuple[Step, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """Each step as a line for people."""
        if not self.changes:
            return (*(step.text for step in self.steps), "nothing to do")
        return tuple(step.text for step in self.steps)

    @property
    def changes(self) -> bool:
        """Whether carrying the plan out would change anything."""
        return any(not isinstance(step, ReuseVersion) for step in self.steps)


TAG = re.compile(r"[a-z][-_0-9a-z]*")
"""What Yandex Cloud takes as a tag (cloudapi, serverless/functions/v1), and so what every cloud gets."""


def check_tag(tag: str) -> None:
    """Errors: DeployError when no cloud would take this tag. To be called before anything is built for it."""
    if not TAG.fullmatch(tag):
        raise DeployError(
            f"{tag!r} cannot be a tag",
            hint="use lower-case letters, digits, hyphens and underscores, with a letter first",
        )


def plan(bundle: Bundle, *, tag: str, settings: FunctionSettings, functions: Functions) -> Plan:
    """Plan to make `tag` of the function that has the bundle's name answer with this bundle.

    Errors: DeployError when the tag cannot be one.
    """
    check_tag(tag)
    function = bundle.name
    existing = functions.find_version(function, bundle.digest, settings)
    now = functions.tags(function).get(tag)
    steps: list[Step]
    if existing is None:
        what = f"{bundle.version}, {bundle.tier} tier, {bundle.zip_bytes / 1000:.0f} kB, {settings.memory} MB"
        place = "create a version" if functions.versions(function) else f"create function {function}"
        steps = [CreateVersion(f"{place} ({what})")]
    else:
        steps = [ReuseVersion(existing.number, f"reuse version {existing.number} ({existing.model_version})")]
    if existing is None or existing.number != now:
        before = "" if now is None else f" from version {now}"
        after = "the new version" if existing is None else f"version {existing.number}"
        steps.append(SetTag(f"move tag {tag}{before} to {after}" if before else f"set tag {tag} to {after}"))
    return Plan(bundle=bundle, function=function, tag=tag, settings=settings, steps=tuple(steps))
