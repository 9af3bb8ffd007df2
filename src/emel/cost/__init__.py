"""What predictions cost: usage × a dated tariff, and where a machine becomes cheaper."""

from emel.cost.estimate import estimate
from emel.cost.tariff import Tariff, load_tariff

__all__ = ["Tariff", "estimate", "load_tariff"]
