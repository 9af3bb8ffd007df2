"""Usage × tariff → the price of a million calls and of a month, and where a machine becomes cheaper."""

from __future__ import annotations

import math

from emel.cost.tariff import Tariff, clouds, load_tariff
from emel.records import CloudCost, Estimate, Usage, VmPrice

HOURS_A_MONTH = 720
SECONDS_A_MONTH = HOURS_A_MONTH * 3600
MB_PER_GB = 1024


def estimate(usage: Usage, tariff: Tariff, *, calls_per_month: int) -> Estimate:
    """What `usage` costs at `tariff`.

    The time of a call is projected: measured processor seconds ÷ the share of a processor that the memory
    class gets. No document known to us says that the start of an instance is billed, so it is not in here.
    """
    share = tariff.processor.share(usage.memory)
    seconds = usage.cpu_seconds / share
    billed = billed_seconds(tariff, usage.memory, usage.cpu_seconds)
    gb_hours_per_call = usage.memory / MB_PER_GB * billed / 3600
    vm_per_hour = sum(part.price for part in tariff.vm.per_hour)
    vm_per_month = vm_per_hour * HOURS_A_MONTH
    break_even = _break_even(gb_hours_per_call, tariff, vm_per_month)
    return Estimate(
        cloud=tariff.cloud,
        currency=tariff.currency,
        prices_of=tariff.prices_of,
        source=tariff.source,
        memory=usage.memory,
        processor_share=share,
        seconds_per_call=seconds,
        billed_seconds_per_call=billed,
        per_million_calls=1e6 * gb_hours_per_call * tariff.function.gb_hour + tariff.function.million_calls,
        calls_per_month=calls_per_month,
        per_month=monthly_bill(tariff, calls_per_month, calls_per_month * gb_hours_per_call),
        vm=VmPrice(name=tariff.vm.name, per_hour=vm_per_hour, per_month=vm_per_month),
        break_even_calls_per_month=break_even,
        break_even_calls_per_second=break_even / SECONDS_A_MONTH,
        projected_cold_start_seconds=usage.cold_start_cpu_seconds / share,
    )


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


def _elsewhere(tariff: Tariff, memory: int, calls: int, cpu_seconds: float) -> CloudCost:
    gb_hours = calls * billed_seconds(tariff, memory, cpu_seconds) * memory / MB_PER_GB / 3600
    return CloudCost(
        cloud=tariff.cloud,
        currency=tariff.currency,
        amount=bill(tariff, calls, gb_hours),
        prices_of=tariff.prices_of,
    )


def billed_seconds(tariff: Tariff, memory: int, cpu_seconds: float) -> float:
    """The time that a call is billed for, of so many processor seconds, in a memory class."""
    unit = tariff.function.round_up_seconds
    # Rounding first hides the error of the division: 0.3 / 0.1 is above 3.
    return max(1, math.ceil(round(cpu_seconds / tariff.processor.share(memory) / unit, 9))) * unit


def _break_even(gb_hours_per_call: float, tariff: Tariff, vm_per_month: float) -> int:
    """The least number of calls a month that cost as much as the machine."""
    low, high = 0, 1
    while monthly_bill(tariff, high, high * gb_hours_per_call) < vm_per_month:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if monthly_bill(tariff, middle, middle * gb_hours_per_call) < vm_per_month:
            low = middle
        else:
            high = middle
    return high
