"""Checkpoints of training: packed, stored under the work that they belong to, and put back."""

from emel.checkpoints.keeping import Checkpoints
from emel.checkpoints.packing import last_change, set_aside
from emel.checkpoints.store import Store, open_store

__all__ = [
    "Checkpoints",
    "Store",
    "last_change",
    "open_store",
    "set_aside",
]
