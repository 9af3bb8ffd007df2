"""Where functions run: one folder for each cloud behind the protocols of `base`."""

from emel.clouds.base import Access, Canaries, Cloud, Compute, Functions, Limits, Logs, Outside, Scaling
from emel.clouds.catalog import open_cloud, open_compute

__all__ = [
    "Access",
    "Canaries",
    "Cloud",
    "Compute",
    "Functions",
    "Limits",
    "Logs",
    "Outside",
    "Scaling",
    "open_cloud",
    "open_compute",
]
