"""The clouds that emel knows. A cloud's module is imported when the cloud is opened, and not before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from emel.clouds.base import Cloud, Compute, Outside
from emel.errors import DeployError, MissingExtraError

CLOUDS = {
    "local": "emel.clouds.local:open_local",
    "yandex": "emel.clouds.yandex:open_yandex",
}
"""Name → module and function that takes the project's `.emel` folder and the doors, and returns a Cloud."""

COMPUTE = {
    "local": "emel.clouds.local.compute:open_compute",
    "yandex": "emel.clouds.yandex.compute:open_compute",
    "aws": "emel.clouds.aws.compute:open_compute",
    "kubernetes": "emel.clouds.kubernetes.compute:open_compute",
}
"""The same for the clouds that have machines to train on: the function returns a Compute."""

COMING = ("aws",)


def open_cloud(name: str, *, state: Path, outside: Outside | None = None) -> Cloud:
    """A cloud by its name. `state` is the project's `.emel` folder; without `outside`, this machine's doors.

    Errors: DeployError; MissingExtraError when the cloud's SDK is not installed.
    """
    if name in COMING:
        raise DeployError(f"the cloud {name!r} is not supported yet", hint="use --to local")
    opener: Callable[[Path, Outside], Cloud] = _opener(CLOUDS, name)
    return opener(state, outside or Outside())


def open_compute(name: str, *, state: Path, outside: Outside | None = None) -> Compute:
    """The machines of a cloud, by its name; as `open_cloud`, which asks for the same and fails alike."""
    opener: Callable[[Path, Outside], Compute] = _opener(COMPUTE, name)
    return opener(state, outside or Outside())


def _opener(table: Mapping[str, str], name: str) -> Callable[..., Any]:
    if name not in table:
        raise DeployError(f"there is no cloud {name!r}", hint=f"use one of: {', '.join(sorted(table))}")
    module, _, factory = table[name].partition(":")
    try:
        found: Callable[..., Any] = getattr(import_module(module), factory)
    except ModuleNotFoundError as problem:
        if (problem.name or "emel").startswith("emel"):
            raise
        raise MissingExtraError(
            f"{name} needs a package that is not installed: {problem.name}",
            hint=f"pip install 'emel[{name}]'",
        ) from problem
    return found
