"""What calls cost at a tariff."""

from __future__ import annotations

import math

from emel.cost.tariff import Tariff, clouds, load_tariff
from emel.cost.units import MB_PER_GB
from emel.records import CloudCost


def bill(tariff: Tariff, calls: int, gb_hours: float) -> float:
    """What so many calls cost that were billed for `gb_hours` in all, without a free tier."""
    return gb_hours * tariff.function.gb_hour + calls / 1e6 * tariff.function.million_calls


def monthly_bill(tariff: Tariff, calls: int, gb_hours: float) -> float:
    """The same for all calls of a month, of which a part is free."""
    prices = tariff.function
    return bill(tariff, max(0, calls - prices.free_calls), max(0.0, gb_hours - prices.free_gb_hours))


def elsewhere(memory: int, calls: int, cpu_seconds: float) -> tuple[CloudCost, ...]:
    """What calls of a memory class in MB that took so many processor seconds would cost on each cloud.

    Each call is taken to be as long as the mean, on the share of a processor that its class gets there.
    """
    if not calls:
        return ()
    return tuple(_elsewhere(load_tariff(cloud), memory, calls, cpu_seconds / calls) for cloud in clouds())


def billed_seconds(tariff: Tariff, memory: int, cpu_seconds: float) -> float:
    """The time that a call is billed for, of so many processor seconds, in a memory class."""
    unit = tariff.function.round_up_seconds
    # Rounding first hides the error of the division: 0.3 / 0.1 is above 3.
    return max(1, math.ceil(round(cpu_seconds / speed(tariff, memory) / unit, 9))) * unit


def gb_hours(tariff: Tariff, memory: int, cpu_seconds: float) -> float:
    """What one call is billed for, of so many processor seconds, in a memory class."""
    return memory / MB_PER_GB * billed_seconds(tariff, memory, cpu_seconds) / 3600


def speed(tariff: Tariff, memory: int) -> float:
    """The share of a processor that a call has in a memory class: one at most, as it runs on one."""
    return min(1.0, tariff.processor.share(memory))


def _elsewhere(tariff: Tariff, memory: int, calls: int, cpu_seconds: float) -> CloudCost:
    return CloudCost(
        cloud=tariff.cloud,
        currency=tariff.currency,
        amount=bill(tariff, calls, calls * gb_hours(tariff, memory, cpu_seconds)),
        prices_of=tariff.prices_of,
    )
