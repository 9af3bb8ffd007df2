"""Which of the cloud's runtimes a bundle gets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from emel.errors import DeployError
from emel.records import Bundle

OLDEST, NEWEST = (3, 11), (3, 14)
"""What emel_runtime works under."""


def choose_runtime(runtimes: Sequence[str], bundle: Bundle) -> str:
    """One of `runtimes`, the answer of FunctionService.ListRuntimes: `python312`.

    The newest for which the bundle holds compiled modules; if there is none, the newest that can run it.
    Errors: DeployError when none can. A bundle with libraries runs under the version of Python alone that
    they were fetched for.
    """
    known = _pythons(runtimes)
    able = {version for version in known if OLDEST <= version <= NEWEST}
    compiled = able & {_numbers(text) for text in bundle.bytecode}
    candidates = able & {_numbers(bundle.python)} if bundle.tier != "pure" else compiled or able
    if not candidates:
        made_for = bundle.python if bundle.tier != "pure" else "3.11 to 3.14"
        raise DeployError(
            f"Yandex Cloud has no Python that the bundle can run under: it has "
            f"{', '.join(sorted(known.values())) or 'none at all'}, the bundle is for {made_for}",
            hint='set python = "3.12" under [function] and package again',
        )
    return known[max(candidates)]


def usable(runtimes: Sequence[str]) -> list[str]:
    """Those of `runtimes` that can run what emel ships, oldest first."""
    known = _pythons(runtimes)
    return [known[version] for version in sorted(known) if OLDEST <= version <= NEWEST]


def _pythons(runtimes: Sequence[str]) -> dict[tuple[int, int], str]:
    return {version: name for name in runtimes if (version := _version(name)) is not None}


def _version(runtime: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"python(\d)(\d+)", runtime)
    return (int(found[1]), int(found[2])) if found else None


def _numbers(text: str) -> tuple[int, int]:
    major, _, minor = text.partition(".")
    return int(major), int(minor)
