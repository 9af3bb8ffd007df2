"""The function platform on this machine, as a cloud."""

from __future__ import annotations

from pathlib import Path

from emel.clouds.base import Cloud, Outside
from emel.clouds.local.functions import LocalFunctions
from emel.clouds.local.limits import LIMITS
from emel.clouds.local.logs import LocalLogs
from emel.localcloud import Store


def open_local(state: Path, outside: Outside) -> Cloud:
    """The platform whose store is in the project's `.emel` folder. Nothing is started or written."""
    store = Store(state / "local")
    return Cloud("local", LocalFunctions(store), LocalLogs(store, outside.clock), LIMITS)


__all__ = ["open_local"]
