"""emel.toml → frozen values."""

from emel.config.load import find, load
from emel.config.schema import Config

__all__ = ["Config", "find", "load"]
