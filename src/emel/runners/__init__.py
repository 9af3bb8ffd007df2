"""Machines as runners of GitLab: their names, what a machine does from its boot to its end, what is over."""

from emel.runners.boot import machine_boot
from emel.runners.names import MARK, machine_name
from emel.runners.settings import BootSettings

__all__ = [
    "MARK",
    "BootSettings",
    "machine_boot",
    "machine_name",
]
