"""The state of the platform: as its server tells it, and put together for one function."""

from __future__ import annotations

import msgspec

from emel.localcloud.meter import Counters, percentile
from emel.localcloud.store import Store
from emel.localcloud.usage import read_usage
from emel.records import FunctionStatus, VersionUse


class VersionStatus(msgspec.Struct):
    """A version that the server has used, and what its instances do now."""

    function: str
    number: int
    instances: int
    busy: int
    waiting: int
    counters: Counters
    starting: int = 0
    suspended: int = 0
    """Idle instances that keep their memory and get no processor."""


class PlatformStatus(msgspec.Struct):
    """What the server answers at `/_emel/status`. `id` tells it from any other server on its port."""

    id: str
    pid: int
    url: str
    versions: list[VersionStatus]
    throttle: str = ""
    """How instances are kept to their share of a processor; empty where they are not."""


def function_status(store: Store, function: str, server: PlatformStatus | None) -> FunctionStatus:
    """A function as the platform sees it: live numbers from a running server, kept ones otherwise."""
    live = {item.number: item for item in server.versions if item.function == function} if server else {}
    known = store.read(function)
    usage = read_usage(store.folder, function)
    usage.versions.update({number: item.counters for number, item in live.items()})
    counters = usage.total()
    return FunctionStatus(
        function=function,
        versions=known.all(),
        instances=sum(item.instances for item in live.values()),
        calls=counters.calls,
        errors=counters.errors,
        cold_starts=counters.cold_starts,
        p50_seconds=percentile(counters.latency, 0.5),
        p99_seconds=percentile(counters.latency, 0.99),
        billed_gb_seconds=counters.billed_gb_seconds,
        p95_seconds=percentile(counters.latency, 0.95),
        cold_share=counters.cold_starts / counters.calls if counters.calls else None,
        uses=tuple(_use(number, counted) for number, counted in sorted(usage.versions.items())),
        canaries=known.canaries,
    )


def _use(number: int, counters: Counters) -> VersionUse:
    return VersionUse(
        version=number,
        calls=counters.calls,
        errors=counters.errors,
        refused=counters.refused,
        cold_starts=counters.cold_starts,
        billed_gb_seconds=counters.billed_gb_seconds,
        run_seconds=counters.run_seconds,
    )
