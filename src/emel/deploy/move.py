"""Promote and roll back: move a tag to another version, at once or by a canary first, and back."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from emel.clouds.base import Canaries, Functions
from emel.errors import DeployError
from emel.records import Canary, FunctionVersion, TagMove


def promote(functions: Functions, *, function: str, source: str, tag: str = "prod") -> TagMove:
    """Point `tag` at the version that `source` names.

    `source` is a tag, a model version such as `v1.0.0` (its newest deployed version is taken) or the
    number of a version; a tag of that name wins. Errors: DeployError when there is no such version.
    """
    return _move(functions, function, tag, _resolve(functions, function, source))


def start_canary(
    functions: Functions,
    canaries: Canaries | None,
    *,
    function: str,
    source: str,
    tag: str = "prod",
    weight: int,
) -> TagMove:
    """Send `weight` percent (1 to 99) of the tag's requests to the version that `source` names.

    Promoting the same version finishes the canary, and a rollback ends it. Errors: DeployError when the cloud
    cannot share requests, or there is no such tag or version, or the tag points there already.
    """
    if canaries is None:
        raise DeployError(
            "this cloud cannot share a tag's requests between versions",
            hint="promote without --weight; `emel shadow` compares two versions before that",
        )
    before = functions.tags(function).get(tag)
    if before is None:
        raise _no_tag(functions, function, tag)
    number = _resolve(functions, function, source)
    if number == before:
        raise DeployError(
            f"tag {tag} of function {function} points at version {number} already",
            hint=f"name another version; {_known(functions, function)}",
        )
    canaries.set_canary(function, tag, Canary(version=number, weight=weight))
    return _told(functions, function, tag, before, number, weight)


def rollback(
    functions: Functions, canaries: Canaries | None = None, *, function: str, tag: str = "prod"
) -> TagMove:
    """End the tag's canary; without one, point `tag` at the version that it pointed at before.

    A tag that is rolled back twice is where it was. Errors: DeployError when the tag is absent, or has never
    pointed elsewhere.
    """
    canary = canaries.canary(function, tag) if canaries else None
    if canaries and canary:
        canaries.set_canary(function, tag, None)
        move = _told(functions, function, tag, canary.version, functions.tags(function)[tag])
        return msgspec.structs.replace(move, ended_canary=True)
    history = functions.tag_history(function, tag)
    if not history:
        raise _no_tag(functions, function, tag)
    if len(history) < 2:
        raise DeployError(
            f"tag {tag} of function {function} has always pointed at version {history[0]}",
            hint=f"promote another version; {_known(functions, function)}",
        )
    return _move(functions, function, tag, history[-2])


def _move(functions: Functions, function: str, tag: str, number: int) -> TagMove:
    before = functions.tags(function).get(tag)
    functions.set_tag(function, tag, number)
    return _told(functions, function, tag, before, number)


def _told(
    functions: Functions, function: str, tag: str, before: int | None, number: int, weight: int = 100
) -> TagMove:
    version = next(version for version in functions.versions(function) if version.number == number)
    return TagMove(
        function=function,
        tag=tag,
        before=before,
        after=number,
        model_version=version.model_version,
        weight=weight,
        url=functions.url(function, tag),
    )


def _resolve(functions: Functions, function: str, source: str) -> int:
    versions = functions.versions(function)
    if not versions:
        raise _no_function(functions, function)
    tags = functions.tags(function)
    if source in tags:
        return tags[source]
    for version in reversed(versions):
        if source in (version.model_version, str(version.number)):
            return version.number
    raise DeployError(
        f"function {function} has no tag, model version or number {source!r}",
        hint=f"use one of: {', '.join([*sorted(tags), *_model_versions(versions)])}",
    )


def _known(functions: Functions, function: str) -> str:
    """The versions that there are, for a hint."""
    told = (f"{each.number} ({each.model_version})" for each in functions.versions(function))
    return f"there are: {', '.join(told)}"


def _model_versions(versions: Sequence[FunctionVersion]) -> list[str]:
    return list(dict.fromkeys(version.model_version for version in versions))


def _no_tag(functions: Functions, function: str, tag: str) -> DeployError:
    tags = sorted(functions.tags(function))
    if not functions.versions(function):
        return _no_function(functions, function)
    return DeployError(
        f"function {function} has no tag {tag!r}", hint=f"use one of: {', '.join(tags) or 'none is set'}"
    )


def _no_function(functions: Functions, function: str) -> DeployError:
    names = ", ".join(functions.names()) or "none"
    return DeployError(
        f"there is no function {function!r}", hint=f"deploy it there first: `emel deploy`; there is: {names}"
    )
