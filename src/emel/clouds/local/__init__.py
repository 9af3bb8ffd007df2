"""The function platform on this machine, as a cloud."""

from __future__ import annotations

from pathlib import Path

from emel.clouds.base import Cloud
from emel.clouds.local.functions import LocalFunctions
from emel.clouds.local.limits import LIMITS
from emel.clouds.local.logs import LocalLogs
from emel.localcloud import Store
from emel.system.clock import SystemClock


def open_local(state: Path) -> Cloud:
    """The platform whose store is in the project's `.emel` folder. Nothing is started or written."""
    store = Store(state / "local")
    functions = LocalFunctions(store)
    return Cloud("local", functions, LocalLogs(store, SystemClock()), LIMITS, canaries=functions)


__all__ = ["open_local"]
