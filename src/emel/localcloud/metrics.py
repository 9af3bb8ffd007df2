"""What the platform counts, for Prometheus: its text format 0.0.4.

Source: prometheus.io/docs/instrumenting/exposition_formats; names follow prometheus.io/docs/practices/naming.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from emel.localcloud.meter import Counters, counted_up_to

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the latency histogram, in seconds."""


class Reading(NamedTuple):
    """A version and what it does now."""

    function: str
    version: int
    states: Mapping[str, int]
    """`starting`, `busy`, `idle`, `suspended` → how many instances."""
    waiting: int
    memory_bytes: int
    counters: Counters


class _Metric(NamedTuple):
    name: str
    kind: str
    help: str


_REQUESTS = _Metric("emel_function_requests_total", "counter", "Requests answered, by HTTP status.")
_SECONDS = _Metric(
    "emel_function_request_duration_seconds",
    "histogram",
    "From arrival to answer, without 429s.",
)
_COLD = _Metric("emel_function_cold_starts_total", "counter", "Calls that waited for an instance to start.")
_BILLED = _Metric(
    "emel_function_billed_gb_seconds_total",
    "counter",
    "Memory class times time, in steps of 100 ms.",
)
_INSTANCES = _Metric("emel_function_instances", "gauge", "Instances, by what they do.")
_QUEUE = _Metric("emel_function_queue_length", "gauge", "Requests that wait for an instance.")
_MEMORY = _Metric("emel_function_memory_bytes", "gauge", "Resident memory of the instances.")


def metrics_text(readings: Iterable[Reading]) -> bytes:
    """All metrics of all versions in use."""
    lines: list[str] = []
    seen = list(readings)
    for metric, samples in (
        (_REQUESTS, _requests),
        (_SECONDS, _histogram),
        (_COLD, lambda reading: [("", {}, reading.counters.cold_starts)]),
        (_BILLED, lambda reading: [("", {}, reading.counters.billed_gb_seconds)]),
        (_INSTANCES, _instances),
        (_QUEUE, lambda reading: [("", {}, reading.waiting)]),
        (_MEMORY, lambda reading: [("", {}, reading.memory_bytes)]),
    ):
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
        for reading in seen:
            version = {"function": reading.function, "version": str(reading.version)}
            for suffix, labels, value in samples(reading):
                lines.append(f"{metric.name}{suffix}{_labels({**version, **labels})} {value}")
    return ("\n".join(lines) + "\n").encode()


def resident_bytes(pids: Iterable[int]) -> int:
    """The resident memory of processes; 0 where the system does not tell (it needs /proc)."""
    page = os.sysconf("SC_PAGE_SIZE")
    return sum(_resident_pages(pid) for pid in pids) * page


_Sample = tuple[str, Mapping[str, str], float]


def _requests(reading: Reading) -> Iterator[_Sample]:
    for status, count in sorted(reading.counters.statuses.items()):
        yield "", {"status": str(status)}, count


def _histogram(reading: Reading) -> Iterator[_Sample]:
    counters = reading.counters
    for bound, count in zip(BUCKETS, counted_up_to(counters.latency, BUCKETS), strict=True):
        yield "_bucket", {"le": str(bound)}, count
    yield "_bucket", {"le": "+Inf"}, counters.calls
    yield "_sum", {}, counters.seconds
    yield "_count", {}, counters.calls


def _instances(reading: Reading) -> Iterator[_Sample]:
    for state, count in reading.states.items():
        yield "", {"state": state}, count


def _labels(labels: Mapping[str, str]) -> str:
    # Names of functions, numbers and statuses hold nothing that would have to be escaped.
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


def _resident_pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
