"""Live functions: settings, versions, tags, status, tests, logs."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from emel.records.scalars import Scalar

LogLevel = Literal["trace", "debug", "info", "warn", "error", "fatal"]


class FunctionSettings(Struct, frozen=True, kw_only=True):
    """How a function runs. The names are those of `[function]` in emel.toml."""

    memory: int = 128
    timeout: float = 10.0
    max_instances: int = 4
    provisioned: int = 0
    idle_seconds: float = 60.0


class FunctionVersion(Struct, frozen=True, kw_only=True):
    """An immutable version of a deployed function, and the tags that point at it."""

    number: int
    digest: str
    model_version: str
    commit: str | None
    created: str
    """UTC, ISO 8601."""
    settings: FunctionSettings
    tags: tuple[str, ...] = ()


class Endpoint(Struct, frozen=True, kw_only=True):
    """A live address: a tag of a function and the version that answers there now."""

    url: str
    function: str
    tag: str
    version: FunctionVersion
    changed: bool
    """Whether this deploy changed anything; the same bundle twice does not."""


class PreviewEndpoint(Struct, frozen=True, kw_only=True):
    """The endpoint of a merge request."""

    merge_request: int
    tag: str
    """`mr-7` for merge request 7."""
    version: FunctionVersion
    url: str | None
    """None where nothing answers at the moment, as when the local platform is stopped."""
    state: str | None = None
    """`opened`, `closed`, `locked` or `merged`, where the forge was asked and knows the merge request."""


class PreviewStop(Struct, frozen=True, kw_only=True):
    """A preview that answers no more."""

    tag: str
    version: int | None
    """Where the tag pointed; None when there was no such preview."""


class TagMove(Struct, frozen=True, kw_only=True):
    """A tag that was moved from one version to another: a promotion or a rollback."""

    function: str
    tag: str
    before: int | None
    after: int
    model_version: str
    url: str | None
    """None where nothing answers at the moment, as when the local platform is stopped."""


class FunctionStatus(Struct, frozen=True, kw_only=True):
    """A function as the platform sees it now."""

    function: str
    versions: tuple[FunctionVersion, ...]
    instances: int
    calls: int
    errors: int
    cold_starts: int
    p50_seconds: float | None
    p99_seconds: float | None
    billed_gb_seconds: float


class LogRecord(Struct, frozen=True, kw_only=True):
    """One line of a function's log: what an instance printed, or what the platform has to say."""

    time: str
    """UTC, ISO 8601."""
    level: LogLevel
    message: str
    function: str
    version: int
    instance: str
    fields: dict[str, Any] = {}
    """What else a structured line said: `request_id`, `status`, `latency_ms`, …"""


class EndpointCheck(Struct, frozen=True, kw_only=True):
    """One thing that was asked of an endpoint, and how it did."""

    name: str
    passed: bool
    detail: str
    seconds: float


class Latency(Struct, frozen=True, kw_only=True):
    """Seconds per request as the client saw them, over a kept-alive connection."""

    requests: int
    first_seconds: float
    """The first request of all, which waits for an instance to start if none is warm."""
    p50_seconds: float
    p95_seconds: float
    p99_seconds: float


class EndpointReport(Struct, frozen=True, kw_only=True):
    """The tests of one endpoint."""

    url: str
    model_version: str | None
    passed: bool
    checks: tuple[EndpointCheck, ...]
    latency: Latency | None


class FlippedRow(Struct, frozen=True, kw_only=True):
    """A sample row that two endpoints answer differently."""

    row: int
    production: Scalar
    """A label or a number; for several targets all of them as one text."""
    candidate: Scalar
    difference: float


class Shadow(Struct, frozen=True, kw_only=True):
    """A candidate's answers beside production's, on the same rows."""

    production_url: str
    candidate_url: str
    rows: int
    agreement: float
    """The share of rows with the same label, 0 to 1 (regression: equal within the tolerance)."""
    flipped: tuple[FlippedRow, ...]
    """All rows with another label, the largest difference first."""
    max_abs_diff: float
    """The largest difference of a probability (regression: of the predicted number)."""
    mean_abs_diff: float
