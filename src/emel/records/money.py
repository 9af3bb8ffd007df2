"""What functions cost."""

from __future__ import annotations

from msgspec import Struct


class Usage(Struct, frozen=True, kw_only=True):
    """What a function uses per call, as measured. `cpu_seconds` is on one whole processor."""

    memory: int
    cpu_seconds: float
    cold_start_cpu_seconds: float
    rows_per_call: int = 1


class CloudCost(Struct, frozen=True, kw_only=True):
    """What calls that were made elsewhere would cost on a cloud, without a free tier."""

    cloud: str
    currency: str
    amount: float
    prices_of: str
    """The date from which the prices hold, ISO 8601."""


class VmPrice(Struct, frozen=True, kw_only=True):
    """A machine that runs all month, to hold against paying by use."""

    name: str
    per_hour: float
    per_month: float


class Estimate(Struct, frozen=True, kw_only=True):
    """What predictions cost at a dated tariff. A month is 720 hours."""

    cloud: str
    currency: str
    prices_of: str
    """The date from which the prices hold, ISO 8601."""
    source: str
    memory: int
    processor_share: float
    """How much of one processor the memory class gets, 0 to 1 and above."""
    seconds_per_call: float
    """Projected: measured processor seconds ÷ share."""
    billed_seconds_per_call: float
    per_million_calls: float
    """Without the free tier."""
    calls_per_month: int
    per_month: float
    """At `calls_per_month`, free tier included."""
    vm: VmPrice
    break_even_calls_per_month: int
    """From here on the machine is cheaper."""
    break_even_calls_per_second: float
    projected_cold_start_seconds: float
