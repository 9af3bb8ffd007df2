"""Versions of models as annotated Git tags, in the grammar of GTO: `name@v1.2.3`.

`gto` reads our tags and we read its (https://github.com/iterative/gto, gto/constants.py at 1.10). A version
that it took back (`name@v1.2.3!`) is none any more. Stages and counters of GTO are not read.
"""

from __future__ import annotations

import re

from emel.errors import RegistryError
from emel.gitrepo import GitRepo, Tag
from emel.records import ModelVersion
from emel.registry.semver import FIRST, SemVer, parse

__all__ = ["register", "version_at", "versions"]

NAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-/_]*[a-zA-Z0-9])?")
DEREGISTERED = re.compile(r"!(#\d+)?$")


def versions(repo: GitRepo, name: str) -> tuple[ModelVersion, ...]:
    """All versions of a model, the newest first in the order of SemVer.

    Errors: RegistryError when the name cannot stand in a tag.
    """
    _check_name(name)
    standing: dict[SemVer, Tag] = {}
    # The tags come oldest first, so a version that was taken back and made again stands.
    for tag in repo.tags(f"{name}@v*"):
        text = tag.name.removeprefix(f"{name}@")
        version = parse(DEREGISTERED.sub("", text))
        if version is None:
            continue
        if DEREGISTERED.search(text):
            standing.pop(version, None)
        else:
            standing[version] = tag
    ordered = sorted(standing, key=SemVer.rank, reverse=True)
    return tuple(_record(name, standing[version]) for version in ordered)


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
    known = versions(repo, name)
    here = [item for item in known if item.commit == commit]
    if version is None and here:
        return here[0]
    wanted = _wanted(name, version, known)
    for item in known:
        if parse(item.version) == wanted:
            return _same(item, commit)
    tag = f"{name}@{wanted}"
    repo.create_tag(tag, f"Register {name} {wanted}", commit)
    return next(item for item in versions(repo, name) if item.tag == tag)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise RegistryError(
            f"`{name}` cannot be the name of a model in a Git tag",
            hint="use letters, digits, - _ and /, with a letter or digit at both ends",
        )


def _wanted(name: str, version: str | None, known: tuple[ModelVersion, ...]) -> SemVer:
    if version is None:
        newest = parse(known[0].version) if known else None
        return newest.next_minor() if newest else FIRST
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
