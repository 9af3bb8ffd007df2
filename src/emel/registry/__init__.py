"""Versions of models as annotated Git tags, in the grammar of GTO: `name@v1.2.3`.

`gto` reads our tags and we read its (https://github.com/iterative/gto, gto/constants.py at 1.10). A version
that it took back (`name@v1.2.3!`) is none any more. Stages and counters of GTO are not read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from emel.errors import RegistryError
from emel.gitrepo import GitRepo, Tag
from emel.records import ModelVersion
from emel.registry.semver import FIRST, SemVer, parse

__all__ = ["register", "version_at", "versions"]

NAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-/_]*[a-zA-Z0-9])?")
TAKEN_BACK = re.compile(r"!(#\d+)?$")


def versions(repo: GitRepo, name: str) -> tuple[ModelVersion, ...]:
    """All versions of a model, the newest first in the order of SemVer.

    Errors: RegistryError when the name cannot stand in a tag.
    """
    return _standing(name, _tags(repo, name))


def version_at(repo: GitRepo, name: str, commit: str) -> ModelVersion | None:
    """The version that a commit has; the newest where it has several, None where it has none."""
    found = [version for version in versions(repo, name) if version.commit == commit]
    return found[0] if found else None


def register(repo: GitRepo, *, name: str, version: str | None, revision: str) -> ModelVersion:
    """Give the model of a revision a version: `version`, or the next one.

    The first is v1.0.0, the next raises the minor number. A revision that has a version keeps it: nothing is
    written then. Errors: RegistryError when the version stands at another commit, or is no SemVer;
    RepositoryError when the revision is unknown.
    """
    commit = repo.resolve(revision)
    tags = _tags(repo, name)
    here = [item for item in _standing(name, tags) if item.commit == commit]
    if version is None and here:
        return here[0]
    wanted = _wanted(name, version) if version is not None else _next(tags)
    for item in _standing(name, tags):
        if parse(item.version) == wanted:
            return _same(item, commit)
    if any(tag.version == wanted for tag in tags):
        raise RegistryError(
            f"{name} {wanted} was taken back, and its tag is still there",
            where=f"{name}@{wanted}",
            hint="choose another version, or leave it out to get the next one",
        )
    tag = f"{name}@{wanted}"
    repo.create_tag(tag, f"Register {name} {wanted}", commit)
    return next(item for item in versions(repo, name) if item.tag == tag)


class _VersionTag(NamedTuple):
    """A tag that makes a version, or takes one back."""

    version: SemVer
    tag: Tag
    standing: bool


def _tags(repo: GitRepo, name: str) -> list[_VersionTag]:
    """The tags of a model, the oldest first."""
    _check_name(name)
    found: list[_VersionTag] = []
    for tag in repo.tags(f"{name}@v*"):
        text = tag.name.removeprefix(f"{name}@")
        version = parse(TAKEN_BACK.sub("", text))
        if version:
            found.append(_VersionTag(version, tag, standing=not TAKEN_BACK.search(text)))
    return found


def _standing(name: str, tags: Sequence[_VersionTag]) -> tuple[ModelVersion, ...]:
    taken_back = {item.version for item in tags if not item.standing}
    kept = [item for item in tags if item.standing and item.version not in taken_back]
    ordered = sorted(kept, key=lambda item: item.version.rank(), reverse=True)
    return tuple(_record(name, item.tag) for item in ordered)


def _next(tags: Sequence[_VersionTag]) -> SemVer:
    return max((item.version for item in tags), key=SemVer.rank).next_minor() if tags else FIRST


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise RegistryError(
            f"`{name}` cannot be the name of a model in a Git tag",
            hint="use letters, digits, - _ and /, with a letter or digit at both ends",
        )


def _wanted(name: str, version: str) -> SemVer:
    wanted = parse(version if version.startswith("v") else f"v{version}")
    if wanted is None:
        raise RegistryError(
            f"`{version}` is no version that {name} could have", hint="write it like v1.4.0 or v2.0.0-rc.1"
        )
    return wanted


def _same(item: ModelVersion, commit: str) -> ModelVersion:
    if item.commit == commit:
        return item
    raise RegistryError(
        f"{item.name} {item.version} exists already, at commit {item.commit[:8]}",
        where=item.tag,
        hint="choose another version, or leave it out to get the next one",
    )


def _record(name: str, tag: Tag) -> ModelVersion:
    return ModelVersion(
        name=name,
        version=tag.name.removeprefix(f"{name}@"),
        tag=tag.name,
        commit=tag.commit,
        created=tag.created,
    )
