"""Machines as runners of GitLab: their names, what a machine does from its boot to its end, what is over."""

from emel.runners.boot import machine_boot
from emel.runners.cloud_init import NOTICE
from emel.runners.names import MARK, check_tags, machine_name
from emel.runners.pairs import (
    CURRENCY,
    RUNNER,
    START_SECONDS,
    Pair,
    age,
    cost,
    machine_labels,
    note,
    over,
    owner_labels,
    pairs,
)
from emel.runners.settings import BootSettings

__all__ = [
    "CURRENCY",
    "MARK",
    "NOTICE",
    "RUNNER",
    "START_SECONDS",
    "BootSettings",
    "Pair",
    "age",
    "check_tags",
    "cost",
    "machine_boot",
    "machine_labels",
    "machine_name",
    "note",
    "over",
    "owner_labels",
    "pairs",
]
