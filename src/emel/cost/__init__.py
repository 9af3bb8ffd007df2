"""What predictions cost: usage × a dated tariff, where a machine becomes cheaper; and machines that train."""

from emel.cost.bills import bill, elsewhere, monthly_bill, speed
from emel.cost.estimate import estimate
from emel.cost.machines import machine_price
from emel.cost.tariff import Tariff, clouds, load_tariff

__all__ = [
    "Tariff",
    "bill",
    "clouds",
    "elsewhere",
    "estimate",
    "load_tariff",
    "machine_price",
    "monthly_bill",
    "speed",
]
