"""How a function was used, worked out from the lines with which the cloud reports each call.

    REPORT RequestID: … Duration: 236.606 ms Billed Duration: 300 ms Memory Size: 128 MB
    Max Memory Used: 22 MB Queuing Duration: 0.027 ms Function Init Duration: 225.298 ms

Source: documentation of Cloud Functions, «Logging», part «System messages». The last part is there when an
instance was started for the call. Whether a call failed stands in our own line of the request.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from emel.clouds.yandex.logs import YandexLogs
from emel.records import FunctionStatus, FunctionVersion, LogFilter, LogRecord

LINES = 2000
"""Lines of the function that are looked at, the newest: one for a call, and what else it prints. A page of a
thousand takes a quarter of a second, whatever the number of calls."""
_REPORT = re.compile(r"REPORT RequestID: \S+")
_FIELD = re.compile(
    r"(Billed Duration|Queuing Duration|Function Init Duration|Duration|Memory Size): ([\d.]+) (?:ms|MB)"
)


class Report(NamedTuple):
    """One call as the cloud reports it."""

    seconds: float
    billed_seconds: float
    memory: int
    cold: bool


def status_of(function: str, versions: tuple[FunctionVersion, ...], logs: YandexLogs) -> FunctionStatus:
    """The newest calls of a function. How many instances there are now, the cloud does not tell."""
    records = list(logs.everything(function, LogFilter(limit=LINES))) if versions else []
    reports = [report for record in records if (report := read_report(record.message)) is not None]
    times = sorted(report.seconds for report in reports)
    return FunctionStatus(
        function=function,
        versions=versions,
        instances=None,
        calls=len(reports),
        errors=sum(map(_failed, records)),
        cold_starts=sum(report.cold for report in reports),
        p50_seconds=_percentile(times, 0.5),
        p99_seconds=_percentile(times, 0.99),
        billed_gb_seconds=sum(report.billed_seconds * report.memory / 1024 for report in reports),
        since=records[0].time if records else None,
    )


def read_report(message: str) -> Report | None:
    """What a line of the cloud reports of one call; None for any other line."""
    if not _REPORT.match(message):
        return None
    found = {name: float(value) for name, value in _FIELD.findall(message)}
    if not {"Duration", "Billed Duration", "Memory Size"} <= found.keys():
        return None
    return Report(
        seconds=found["Duration"] / 1000,
        billed_seconds=found["Billed Duration"] / 1000,
        memory=int(found["Memory Size"]),
        cold="Function Init Duration" in found,
    )


def _failed(record: LogRecord) -> bool:
    status = record.fields.get("status")
    return isinstance(status, int) and status >= 500


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    """The time that `share` of the calls kept to (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None
