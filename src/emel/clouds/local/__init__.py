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
    functions = LocalFunctions(store)
    return Cloud("local", functions, LocalLogs(store, outside.clock), LIMITS, canaries=functions)


__all__ = ["open_local"]
