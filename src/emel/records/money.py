"""What functions cost, and machines that train."""

from __future__ import annotations

from msgspec import Struct


class Usage(Struct, frozen=True, kw_only=True):
    """What a function uses per call, as measured. `cpu_seconds` is on one whole processor."""

    memory: int
    cpu_seconds: float
    cold_start_cpu_seconds: float
    peak_rss_bytes: int = 0
    """The most memory that the process held; 0 where it is not known."""
    timeout: float | None = None
    """Seconds after which a call is ended."""
    provisioned: int = 0
    """Instances that are kept warm all month."""
    gateway: bool = False
    """Whether calls go through an API gateway."""
    log_bytes_per_call: float = 0.0
    """What a call writes into the log, in the mean."""
    stored_bytes: int = 0
    """What lies in object storage all month."""


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


class MemoryClass(Struct, frozen=True, kw_only=True):
    """What the same calls cost in one memory class, and how fast they are answered. Times are projected."""

    memory: int
    processor_share: float
    seconds_per_call: float
    billed_seconds_per_call: float
    projected_cold_start_seconds: float
    per_million_calls: float
    """Without the free tier."""
    per_month: float
    """At the estimate's number of calls, free tier included."""
    refused: str | None = None
    """Why the function cannot run in it; None where it can."""


class CostLine(Struct, frozen=True, kw_only=True):
    """What is billed beside the calls."""

    what: str
    detail: str
    """What was counted."""
    per_month: float
    """Free tier included."""


class CostPoint(Struct, frozen=True, kw_only=True):
    """The bill of a month with so many calls, free tier included and with what is billed beside the calls."""

    calls_per_month: int
    per_month: float


class CostCurve(Struct, frozen=True, kw_only=True):
    """How the bill of a memory class grows with the calls."""

    memory: int
    points: tuple[CostPoint, ...]


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
    """Of the calls alone at `calls_per_month`, free tier included."""
    extras: tuple[CostLine, ...] = ()
    """What the settings have billed beside the calls."""
    without_price: tuple[str, ...] = ()
    """What they have billed too, and the price file has no price of."""
    total_per_month: float
    """Calls and extras."""
    vm: VmPrice
    break_even_calls_per_month: int
    """From here on the machine is cheaper than calls and extras; 0 where it always is."""
    break_even_calls_per_second: float
    preemptible: VmPrice | None = None
    """The machine that the cloud may stop at any time; None where its price is not known."""
    preemptible_break_even_calls_per_month: int | None = None
    projected_cold_start_seconds: float
    classes: tuple[MemoryClass, ...] = ()
    """Some memory classes, ascending, with the estimate's own and the cheapest."""
    cheapest_memory: int | None = None
    """The class with the least price of a call; of several the fastest. None where the function fits none."""
    elsewhere: tuple[CloudCost, ...] = ()
    """What a million calls cost on other clouds, in the same memory class."""
    curves: tuple[CostCurve, ...] = ()
    """For the estimate's memory class and the cheapest."""


class MachinePrice(Struct, frozen=True, kw_only=True):
    """What an hour of a machine costs, with its disk and its address."""

    per_hour: float
    currency: str
    """Empty where nobody said it."""
    source: str
    """Where the price comes from, with its date."""
    at_most: bool = False
    """Whether it is that of a machine that the cloud does not take away, as the lower one is not known."""
