"""Live functions: settings, versions, tags, status, tests, logs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from emel.records.money import CloudCost

LogLevel = Literal["trace", "debug", "info", "warn", "error", "fatal"]
LOG_LEVELS: tuple[LogLevel, ...] = ("trace", "debug", "info", "warn", "error", "fatal")
"""From the least to the most serious."""
LogStream = Literal["stdout", "stderr", "platform"]
"""What wrote a line: the function on one of its two streams, or the platform that runs it."""


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


class Gateway(Struct, frozen=True, kw_only=True):
    """An API gateway before a function."""

    name: str
    url: str
    """Without a slash at its end."""
    tag: str
    canary_tag: str | None = None
    """The tag that gets `canary_weight` percent of the requests; None when all go to `tag`."""
    canary_weight: int = 0


class Endpoint(Struct, frozen=True, kw_only=True):
    """A live address: a tag of a function and the version that answers there now."""

    url: str
    function: str
    tag: str
    version: FunctionVersion
    changed: bool
    """Whether this deploy changed anything; the same bundle twice does not."""
    example: str | None = None
    """A command line that has a made-up row predicted; None where the bundle is not at hand."""
    gateway: Gateway | None = None
    """The API gateway before the function, when the deploy made or updated one."""


class Canary(Struct, frozen=True, kw_only=True):
    """A version that gets a share of a tag's requests, on trial."""

    version: int
    weight: Annotated[int, Meta(ge=1, le=99)]
    """Percent."""


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
    weight: int = 100
    """Percent of the requests that `after` gets; below 100 it is a canary, and the others go to `before`."""
    ended_canary: bool = False
    """Whether the tag stood at `after` all the while, and `before` was its canary."""
    url: str | None
    """None where nothing answers at the moment, as when the local platform is stopped."""


class VersionUse(Struct, frozen=True, kw_only=True):
    """What a version was used for since it was created."""

    version: int
    calls: int
    errors: int
    refused: int
    """Requests that got 429; they are no calls."""
    cold_starts: int
    billed_gb_seconds: float
    run_seconds: float
    """Of all calls, on an instance."""
    costs: tuple[CloudCost, ...] = ()
    """What the same calls would cost on each cloud whose prices are known."""


class FunctionStatus(Struct, frozen=True, kw_only=True):
    """A function as the platform sees it now."""

    function: str
    versions: tuple[FunctionVersion, ...]
    instances: int | None
    """How many there are now; None where the cloud does not tell."""
    calls: int
    errors: int
    cold_starts: int
    p50_seconds: float | None
    p99_seconds: float | None
    billed_gb_seconds: float
    p95_seconds: float | None = None
    cold_share: float | None = None
    """Of the calls, 0 to 1, those that waited for an instance to start; None without calls."""
    uses: tuple[VersionUse, ...] = ()
    """By version, the oldest first; empty where the cloud does not tell."""
    canaries: dict[str, Canary] = {}
    """Of each tag that has one."""
    gateway: Gateway | None = None
    """The API gateway before the function, if there is one."""
    since: str | None = None
    """From when on calls are counted, where that is not the function's whole life. UTC, ISO 8601."""


class LogRecord(Struct, frozen=True, kw_only=True):
    """One line of a function's log: what an instance printed, or what the platform has to say."""

    time: str
    """UTC, ISO 8601."""
    level: LogLevel
    message: str
    function: str
    version: int
    instance: str
    """Empty where the platform speaks of none, or the cloud does not say."""
    stream: LogStream | None = None
    """None where the cloud does not say."""
    request_id: str | None = None
    fields: dict[str, Any] = {}
    """What else a structured line said: `status`, `latency_ms`, …"""


class LogFilter(Struct, frozen=True, kw_only=True):
    """Which records of a function's log are wanted."""

    since: datetime | None = None
    """With a time zone, as `until`; records of this moment and later."""
    until: datetime | None = None
    """Records before this moment."""
    level: LogLevel = "trace"
    """This level and above."""
    version: int | None = None
    """The number of a version of the function; None is all."""
    limit: int = 1000
    """Of those that are there already, the newest so many."""
    follow: bool = False
    """Whether to wait for those to come."""

    def takes(self, record: LogRecord) -> bool:
        """Whether a record is wanted."""
        if LOG_LEVELS.index(record.level) < LOG_LEVELS.index(self.level):
            return False
        if self.version not in (None, record.version):
            return False
        if self.since is None and self.until is None:
            return True
        time = datetime.fromisoformat(record.time)
        return (self.since is None or time >= self.since) and (self.until is None or time < self.until)


Routes = Literal["path", "query"]
"""How an endpoint's routes are asked for: `/health` below its URL, or `?route=/health`."""


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
    routes: Routes = "path"
