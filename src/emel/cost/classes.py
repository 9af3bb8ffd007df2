"""The memory classes side by side: what each costs, how fast it answers, which is the cheapest."""

from __future__ import annotations

from emel.cost.bills import bill, billed_seconds, gb_hours, monthly_bill, speed
from emel.cost.tariff import Tariff
from emel.cost.units import BYTES_PER_MB
from emel.records import MemoryClass, Usage

STEP, LARGEST = 128, 8192
"""Memory classes in MB."""
SHOWN = (128, 256, 512, 1024, 2048)


def memory_class(usage: Usage, tariff: Tariff, memory: int, calls: int) -> MemoryClass:
    """What `usage` costs with another memory class, at so many calls a month."""
    share = speed(tariff, memory)
    per_call = gb_hours(tariff, memory, usage.cpu_seconds)
    seconds = usage.cpu_seconds / share
    return MemoryClass(
        memory=memory,
        processor_share=tariff.processor.share(memory),
        seconds_per_call=seconds,
        billed_seconds_per_call=billed_seconds(tariff, memory, usage.cpu_seconds),
        projected_cold_start_seconds=usage.cold_start_cpu_seconds / share,
        per_million_calls=bill(tariff, 1_000_000, 1e6 * per_call),
        per_month=monthly_bill(tariff, calls, calls * per_call),
        refused=_refused(usage, memory, seconds),
    )


def cheapest(usage: Usage, tariff: Tariff) -> int | None:
    """The memory class in MB with the least price of a call, of several at one price the fastest.

    A class too small for the memory that the process held, or in which a call would take longer than the
    timeout, is left out. None where none is left.
    """
    classes = (memory_class(usage, tariff, memory, 0) for memory in range(STEP, LARGEST + 1, STEP))
    fitting = [one for one in classes if one.refused is None]
    if not fitting:
        return None
    # Two classes of one price differ in the last digits of their sums.
    return min(fitting, key=lambda one: (round(one.per_million_calls, 6), one.seconds_per_call)).memory


def side_by_side(usage: Usage, tariff: Tariff, calls: int, best: int | None) -> tuple[MemoryClass, ...]:
    """The usual classes, that of `usage` and the cheapest, ascending."""
    shown = sorted({*SHOWN, usage.memory, *(() if best is None else (best,))})
    return tuple(memory_class(usage, tariff, memory, calls) for memory in shown)


def _refused(usage: Usage, memory: int, seconds: float) -> str | None:
    held = usage.peak_rss_bytes / BYTES_PER_MB
    if held > memory:
        return f"the process held {held:,.0f} MB"
    if usage.timeout is not None and seconds > usage.timeout:
        return f"a call takes longer than the timeout of {usage.timeout:g} s"
    return None
