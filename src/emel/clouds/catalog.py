"""The clouds that emel knows. A cloud's module is imported when the cloud is opened, and not before."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from emel.clouds.base import Cloud
from emel.errors import DeployError

CLOUDS = {
    "local": "emel.clouds.local:open_local",
}
"""Name → module and function that takes the project's `.emel` folder and returns a Cloud."""

COMING = ("aws", "yandex")


def open_cloud(name: str, *, state: Path) -> Cloud:
    """A cloud by its name. `state` is the project's `.emel` folder. Errors: DeployError."""
    if name in COMING:
        raise DeployError(f"the cloud {name!r} is not supported yet", hint="use --to local")
    if name not in CLOUDS:
        raise DeployError(f"there is no cloud {name!r}", hint=f"use one of: {', '.join(sorted(CLOUDS))}")
    module, _, factory = CLOUDS[name].partition(":")
    opener: Callable[[Path], Cloud] = getattr(import_module(module), factory)
    return opener(state)
