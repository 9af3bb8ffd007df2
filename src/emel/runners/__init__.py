"""Machines as runners of GitLab: what a machine does from its boot to its end."""

from emel.runners.boot import machine_boot
from emel.runners.cloud_init import NOTICE
from emel.runners.settings import BootSettings

__all__ = [
    "NOTICE",
    "BootSettings",
    "machine_boot",
]
