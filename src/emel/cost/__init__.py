"""What predictions cost: usage × a dated tariff, and where a machine becomes cheaper."""

from emel.cost.bills import bill, elsewhere, monthly_bill, speed
from emel.cost.estimate import estimate
from emel.cost.tariff import Tariff, clouds, load_tariff

__all__ = [
    "Tariff",
    "bill",
    "clouds",
    "elsewhere",
    "estimate",
    "load_tariff",
    "monthly_bill",
    "speed",
]
