"""What a function's scaling settings do with some traffic, worked out and not run."""

from __future__ import annotations

from msgspec import Struct

from emel.records.endpoints import FunctionSettings


class SimulationPoint(Struct, frozen=True, kw_only=True):
    """One of the equal spans that a simulation is cut into."""

    seconds: float
    """When the span ends, from the beginning."""
    requests: int
    refused: int
    """Requests that got 429."""
    cold_starts: int
    instances: int
    """The most at once."""
    waiting: int
    """The longest queue."""
    p95_seconds: float | None
    """None when no request was answered."""
    billed_gb_seconds: float
    """Since the beginning."""
    cost: float | None = None
    """Since the beginning, without a free tier; None where nothing is to pay."""


class Simulation(Struct, frozen=True, kw_only=True):
    """A function under traffic. Requests are counted in the span in which they were answered."""

    cloud: str
    pattern: str
    seconds: float
    """How long the traffic lasted."""
    settings: FunctionSettings
    start_seconds: float
    """Of a cold start."""
    call_seconds: float
    """Of a call on a warm instance."""
    requests: int
    answered: int
    refused: int
    timeouts: int
    """Calls that were ended after `timeout`, with 504."""
    cold_starts: int
    """Calls that waited for an instance to start."""
    p50_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None
    most_instances: int
    mean_instances: float
    billed_gb_seconds: float
    points: tuple[SimulationPoint, ...]
    assumptions: tuple[str, ...] = ()
    """What was taken for granted, in sentences."""
    currency: str | None = None
    prices_of: str | None = None
    cost: float | None = None
    """Of this traffic, without a free tier; None where nothing is to pay."""
    cost_per_month: float | None = None
    """Of 720 hours like these, free tier included."""
