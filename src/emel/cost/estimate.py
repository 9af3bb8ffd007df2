"""Usage × tariff → the price of a million calls and of a month, and where a machine becomes cheaper."""

from __future__ import annotations

import msgspec

from emel.cost.bills import elsewhere, gb_hours, monthly_bill
from emel.cost.classes import cheapest, memory_class, side_by_side
from emel.cost.extras import extras, without_price
from emel.cost.tariff import Tariff, Vm
from emel.cost.units import HOURS_A_MONTH, SECONDS_A_MONTH
from emel.records import CostCurve, CostPoint, Estimate, Usage, VmPrice

CURVE_FROM, CURVE_TO, POINTS_PER_DECADE = 4, 8, 10
"""Powers of ten of calls a month."""


def estimate(usage: Usage, tariff: Tariff, *, calls_per_month: int) -> Estimate:
    """What `usage` costs at `tariff`.

    The time of a call is projected: measured processor seconds ÷ the share of a processor that the memory
    class gets. No document known to us says that the start of an instance is billed, so it is not in here.
    """
    own = memory_class(usage, tariff, usage.memory, calls_per_month)
    best = cheapest(usage, tariff)
    vm = _machine(tariff.vm)
    preemptible = _machine(tariff.preemptible) if tariff.preemptible else None
    break_even = _break_even(usage, tariff, vm)
    lines = extras(usage, tariff, calls_per_month)
    others = elsewhere(usage.memory, 1_000_000, 1e6 * usage.cpu_seconds)
    return Estimate(
        cloud=tariff.cloud,
        currency=tariff.currency,
        prices_of=tariff.prices_of,
        source=tariff.source,
        memory=usage.memory,
        processor_share=own.processor_share,
        seconds_per_call=own.seconds_per_call,
        billed_seconds_per_call=own.billed_seconds_per_call,
        per_million_calls=own.per_million_calls,
        calls_per_month=calls_per_month,
        per_month=own.per_month,
        extras=lines,
        without_price=without_price(usage, tariff),
        total_per_month=own.per_month + sum(line.per_month for line in lines),
        vm=vm,
        break_even_calls_per_month=break_even,
        break_even_calls_per_second=break_even / SECONDS_A_MONTH,
        preemptible=preemptible,
        preemptible_break_even_calls_per_month=_break_even(usage, tariff, preemptible)
        if preemptible
        else None,
        projected_cold_start_seconds=own.projected_cold_start_seconds,
        classes=side_by_side(usage, tariff, calls_per_month, best),
        cheapest_memory=best,
        elsewhere=tuple(other for other in others if other.cloud != tariff.cloud),
        curves=tuple(
            _curve(usage, tariff, memory) for memory in sorted({usage.memory, best or usage.memory})
        ),
    )


def _machine(vm: Vm) -> VmPrice:
    per_hour = sum(part.price for part in vm.per_hour)
    return VmPrice(name=vm.name, per_hour=per_hour, per_month=per_hour * HOURS_A_MONTH)


def _break_even(usage: Usage, tariff: Tariff, vm: VmPrice) -> int:
    """The least number of calls a month that cost as much as the machine, with all that is billed beside."""
    if _total(usage, tariff, 0) >= vm.per_month:
        return 0
    low, high = 0, 1
    while _total(usage, tariff, high) < vm.per_month:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if _total(usage, tariff, middle) < vm.per_month:
            low = middle
        else:
            high = middle
    return high


def _total(usage: Usage, tariff: Tariff, calls: int) -> float:
    per_call = gb_hours(tariff, usage.memory, usage.cpu_seconds)
    beside = sum(line.per_month for line in extras(usage, tariff, calls))
    return monthly_bill(tariff, calls, calls * per_call) + beside


def _curve(usage: Usage, tariff: Tariff, memory: int) -> CostCurve:
    used = msgspec.structs.replace(usage, memory=memory)
    steps = range(CURVE_FROM * POINTS_PER_DECADE, CURVE_TO * POINTS_PER_DECADE + 1)
    numbers = (round(10 ** (step / POINTS_PER_DECADE)) for step in steps)
    return CostCurve(
        memory=memory,
        points=tuple(
            CostPoint(calls_per_month=calls, per_month=_total(used, tariff, calls)) for calls in numbers
        ),
    )
