"""Where versions stand, as annotated Git tags in the grammar of GTO: `name#prod#3`.

The third thing that was said of the stages of `name` is that the version of this commit now stands in `prod`;
`name#prod!#4` takes it out again. Nothing is ever moved or deleted, so the tags are the history.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from emel.errors import RegistryError
from emel.gitrepo import GitRepo, Tag
from emel.records import ModelVersion
from emel.registry.versions import NAME, check_name, versions

GRAMMAR = re.compile(rf"(?P<stage>{NAME.pattern})(?P<cancel>!?)(?:#(?P<counter>\d+))?")


def history(repo: GitRepo, name: str, stage: str) -> tuple[ModelVersion, ...]:
    """The versions that stood in a stage, the oldest first; the last one stands there now.

    Versions that were taken out of it, or deprecated, are left out.
    """
    return _histories(repo, name).get(stage, ())


def stages(repo: GitRepo, name: str) -> Mapping[str, ModelVersion]:
    """Each stage and the version that stands in it."""
    return {stage: found[-1] for stage, found in _histories(repo, name).items() if found}


def assign(repo: GitRepo, version: ModelVersion, stage: str) -> str:
    """Let a version stand in a stage, and return the tag that says so.

    A version that stands there already keeps its tag. Errors: RegistryError when the name cannot stand in a
    tag.
    """
    if not NAME.fullmatch(stage):
        raise RegistryError(
            f"`{stage}` cannot be the name of a stage in a Git tag",
            hint="use letters, digits, - _ and /, with a letter or digit at both ends",
        )
    tags = _tags(repo, version.name)
    held = stages(repo, version.name).get(stage)
    if held == version:
        return next(item.tag.name for item in reversed(tags) if item.stage == stage and not item.cancel)
    tag = f"{version.name}#{stage}#{max((item.counter for item in tags), default=0) + 1}"
    repo.create_tag(tag, f"Assign {version.name} {version.version} to {stage}", version.commit)
    return tag


class _StageTag(NamedTuple):
    """A tag that puts the version of its commit into a stage, or takes it out."""

    stage: str
    cancel: bool
    counter: int
    tag: Tag


def _tags(repo: GitRepo, name: str) -> list[_StageTag]:
    """What was said of the stages of a model, the oldest first."""
    check_name(name)
    found = []
    for tag in repo.tags(f"{name}#*"):
        match = GRAMMAR.fullmatch(tag.name.removeprefix(f"{name}#"))
        if match:
            counter = int(match["counter"] or 0)
            found.append(_StageTag(match["stage"], bool(match["cancel"]), counter, tag))
    # Tags know the second that they were made in; those of the same second are told apart by their counters.
    return sorted(found, key=lambda item: (item.tag.created, item.counter))


def _histories(repo: GitRepo, name: str) -> dict[str, tuple[ModelVersion, ...]]:
    standing: dict[str, ModelVersion] = {}
    for version in reversed(versions(repo, name)):
        standing[version.commit] = version
    told: dict[str, tuple[ModelVersion, ...]] = {}
    for item in _tags(repo, name):
        version_there = standing.get(item.tag.commit)
        if version_there is None:
            continue
        before = told.get(item.stage, ())
        if item.cancel:
            told[item.stage] = tuple(known for known in before if known != version_there)
        else:
            told[item.stage] = (*before, version_there)
    return told
