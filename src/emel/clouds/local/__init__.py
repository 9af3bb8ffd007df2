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
    return Cloud("local", LocalFunctions(store), LocalLogs(store, SystemClock()), LIMITS)


__all__ = ["open_local"]
