"""The clouds that emel knows. A cloud's module is imported when the cloud is opened, and not before."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from emel.clouds.base import Cloud, Outside
from emel.errors import DeployError, MissingExtraError

CLOUDS = {
    "local": "emel.clouds.local:open_local",
    "yandex": "emel.clouds.yandex:open_yandex",
}
"""Name → module and function that takes the project's `.emel` folder and the doors, and returns a Cloud."""

COMING = ("aws",)


def open_cloud(name: str, *, state: Path, outside: Outside | None = None) -> Cloud:
    """A cloud by its name. `state` is the project's `.emel` folder; without `outside`, this machine's doors.

    Errors: DeployError; MissingExtraError when the cloud's SDK is not installed.
    """
    if name in COMING:
        raise DeployError(f"the cloud {name!r} is not supported yet", hint="use --to local")
    if name not in CLOUDS:
        raise DeployError(f"there is no cloud {name!r}", hint=f"use one of: {', '.join(sorted(CLOUDS))}")
    module, _, factory = CLOUDS[name].partition(":")
    try:
        opener: Callable[[Path, Outside], Cloud] = getattr(import_module(module), factory)
    except ModuleNotFoundError as problem:
        if (problem.name or "emel").startswith("emel"):
            raise
        raise MissingExtraError(
            f"{name} needs a package that is not installed: {problem.name}",
            hint=f"pip install 'emel[{name}]'",
        ) from problem
    return opener(state, outside or Outside())
