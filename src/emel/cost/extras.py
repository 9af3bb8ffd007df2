"""What is billed beside the calls: provisioned instances, the gateway, the log, storage."""

from __future__ import annotations

from emel.cost.tariff import Tariff
from emel.cost.units import BYTES_PER_GB, HOURS_A_MONTH, MB_PER_GB
from emel.records import CostLine, Usage


def extras(usage: Usage, tariff: Tariff, calls: int) -> tuple[CostLine, ...]:
    """A line for all that `usage` asks for and the tariff has a price of. `calls` are those of a month."""
    lines = (_provisioned(usage, tariff), _gateway(usage, tariff, calls), _logs(usage, tariff, calls))
    return tuple(line for line in (*lines, _storage(usage, tariff)) if line)


def without_price(usage: Usage, tariff: Tariff) -> tuple[str, ...]:
    """What `usage` asks for and the tariff has no price of."""
    asked = (
        ("provisioned instances", usage.provisioned, tariff.function.provisioned_gb_hour),
        ("API gateway", usage.gateway, tariff.gateway),
        ("log", usage.log_bytes_per_call, tariff.logs),
        ("object storage", usage.stored_bytes, tariff.storage),
    )
    return tuple(what for what, wanted, price in asked if wanted and price is None)


def _provisioned(usage: Usage, tariff: Tariff) -> CostLine | None:
    price = tariff.function.provisioned_gb_hour
    if not usage.provisioned or price is None:
        return None
    return CostLine(
        what="provisioned instances",
        detail=f"{usage.provisioned} × {usage.memory} MB, waiting all month",
        per_month=usage.provisioned * usage.memory / MB_PER_GB * HOURS_A_MONTH * price,
    )


def _gateway(usage: Usage, tariff: Tariff, calls: int) -> CostLine | None:
    prices = tariff.gateway
    if not usage.gateway or prices is None:
        return None
    billed = max(0, calls - prices.free_requests)
    return CostLine(
        what="API gateway",
        detail=f"{calls:,} requests",
        per_month=billed / 1e6 * prices.million_requests,
    )


def _logs(usage: Usage, tariff: Tariff, calls: int) -> CostLine | None:
    prices = tariff.logs
    if not usage.log_bytes_per_call or prices is None:
        return None
    written = calls * usage.log_bytes_per_call / BYTES_PER_GB
    return CostLine(
        what="log",
        detail=f"{written:,.3g} GiB written, {usage.log_bytes_per_call:,.0f} bytes a call",
        per_month=max(0.0, written - prices.free_gib) * prices.gib,
    )


def _storage(usage: Usage, tariff: Tariff) -> CostLine | None:
    prices = tariff.storage
    if not usage.stored_bytes or prices is None:
        return None
    stored = usage.stored_bytes / BYTES_PER_GB
    return CostLine(
        what="object storage",
        detail=f"{usage.stored_bytes / 1e6:,.1f} MB all month",
        per_month=max(0.0, stored - prices.free_gb) * HOURS_A_MONTH * prices.gb_hour,
    )
