"""Versions of models as annotated Git tags, in the grammar of GTO: `name@v1.2.3`.

`gto` reads our tags and we read its (https://github.com/iterative/gto, gto/constants.py at 1.10). A version
that was taken back (`name@v1.2.3!`, what GTO calls deprecated) is none any more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from emel.errors import RegistryError
from emel.gitrepo import GitRepo, Tag
from emel.records import ModelVersion
from emel.registry.semver import FIRST, Bump, SemVer, parse

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


def find_version(repo: GitRepo, name: str, text: str | None) -> ModelVersion:
    """The version that `churn@v1.2.0`, `v1.2.0` or `1.2.0` means; the newest without a text.

    Errors: RegistryError when there is none, or it was taken back.
    """
    tags = _tags(repo, name)
    standing = _standing(name, tags)
    if text is None and standing:
        return standing[0]
    wanted = _wanted(name, text.removeprefix(f"{name}@")) if text is not None else None
    for item in standing:
        if parse(item.version) == wanted:
            return item
    known = ", ".join(item.version for item in standing[:5]) or "none yet; `emel model register` makes one"
    if any(tag.version == wanted for tag in tags):
        raise RegistryError(f"{name} {wanted} is deprecated", hint=f"there is: {known}")
    raise RegistryError(
        f"there is no version {wanted or ''} of {name}".replace("  ", " "), hint=f"there is: {known}"
    )


def find_registered(repo: GitRepo, name: str, text: str) -> ModelVersion:
    """The same for a version that may have been taken back. Errors: RegistryError when it never was."""
    wanted = _wanted(name, text.removeprefix(f"{name}@"))
    made = (item for item in _tags(repo, name) if item.standing and item.version == wanted)
    item = next(made, None)
    return _record(name, item.tag) if item else find_version(repo, name, text)


class Choice(NamedTuple):
    """The version that a commit has, or is to get."""

    version: str
    tag: str
    commit: str
    made: bool
    """Whether the tag is there already."""


def choose(repo: GitRepo, *, name: str, version: str | None, revision: str, bump: Bump = "minor") -> Choice:
    """The version for the model of a revision: that which it has, `version`, or the next one.

    The first is v1.0.0. Nothing is written. Errors: RegistryError when the version stands at another commit,
    was taken back, or is no SemVer; RepositoryError when the revision is unknown.
    """
    commit = repo.resolve(revision)
    tags = _tags(repo, name)
    standing = _standing(name, tags)
    here = [item for item in standing if item.commit == commit]
    if version is None and here:
        return _made(here[0])
    wanted = _wanted(name, version) if version is not None else _next(tags, bump)
    for item in standing:
        if parse(item.version) == wanted:
            return _made(_same(item, commit))
    if any(tag.version == wanted for tag in tags):
        raise RegistryError(
            f"{name} {wanted} was taken back, and its tag is still there",
            where=f"{name}@{wanted}",
            hint="choose another version, or leave it out to get the next one",
        )
    return Choice(str(wanted), f"{name}@{wanted}", commit, made=False)


def register(
    repo: GitRepo, *, name: str, version: str | None, revision: str, bump: Bump = "minor"
) -> ModelVersion:
    """Give the model of a revision the version that `choose` names, as a tag of this repository alone.

    A revision that has a version keeps it: nothing is written then. Errors: those of `choose`.
    """
    choice = choose(repo, name=name, version=version, revision=revision, bump=bump)
    if not choice.made:
        repo.create_tag(choice.tag, message_of(name, choice), choice.commit)
    return next(item for item in versions(repo, name) if item.tag == choice.tag)


def message_of(name: str, choice: Choice) -> str:
    """What the tag of a version says."""
    return f"Register {name} {choice.version}"


def deprecate(repo: GitRepo, version: ModelVersion) -> str:
    """Take a version back, and return the tag that says so. Its own tag stays: what used it can be found.

    Repeated it does nothing.
    """
    tag = f"{version.tag}!"
    if not repo.tags(tag):
        repo.create_tag(tag, f"Deprecate {version.name} {version.version}", version.commit)
    return tag


class _VersionTag(NamedTuple):
    """A tag that makes a version, or takes one back."""

    version: SemVer
    tag: Tag
    standing: bool


def _tags(repo: GitRepo, name: str) -> list[_VersionTag]:
    """The tags of a model, the oldest first."""
    check_name(name)
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


def _next(tags: Sequence[_VersionTag], bump: Bump) -> SemVer:
    return max((item.version for item in tags), key=SemVer.rank).next(bump) if tags else FIRST


def _made(item: ModelVersion) -> Choice:
    return Choice(item.version, item.tag, item.commit, made=True)


def check_name(name: str) -> None:
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
