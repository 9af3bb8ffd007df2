"""Where functions run: one folder for each cloud behind the protocols of `base`."""

from emel.clouds.base import Canaries, Cloud, Functions, Limits, Logs
from emel.clouds.catalog import open_cloud

__all__ = ["Canaries", "Cloud", "Functions", "Limits", "Logs", "open_cloud"]
