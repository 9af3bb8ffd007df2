"""emel.toml → frozen values."""

from emel.config.load import find, load, without_file
from emel.config.schema import Config

__all__ = ["Config", "find", "load", "without_file"]
