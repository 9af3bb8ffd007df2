"""Frozen values that travel between the parts of emel.

A part gets records and returns records; it never sees another part. Each is also what `--json` prints, by
`to_json`. Times are seconds, sizes are bytes, memory classes are megabytes (MiB),
digests are `sha256:` or `md5:` and hexadecimal digits, money carries its currency in the name or beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct

Value = TypeVar("Value")

Scalar = float | int | str | bool | None
Direction = Literal["higher", "lower"]
Effect = Literal["better", "worse", "same", "changed", "new", "gone"]
Tier = Literal["pure", "onnx", "python"]
ColumnType = Literal["float", "integer", "boolean", "string"]
LogLevel = Literal["trace", "debug", "info", "warn", "error", "fatal"]


def to_json(value: object) -> bytes:
    """A record, or a sequence of them, as one line of JSON; paths become text."""
    return msgspec.json.encode(value, enc_hook=str)


def from_json(data: bytes, kind: type[Value]) -> Value:
    """The record of type `kind` in a JSON text. Errors: msgspec.DecodeError."""
    return msgspec.json.decode(data, type=kind, dec_hook=lambda path, text: path(text))


# --- the experiment loop -----------------------------------------------------------------------


class Revision(Struct, frozen=True, kw_only=True):
    """A commit, or the working tree on top of one (`label` is "workspace" then)."""

    label: str
    """What a person calls it: a branch, a tag, `workspace`, or the short commit."""
    commit: str
    """40 hexadecimal digits; for the working tree, those of HEAD."""
    changes: tuple[str, ...] = ()
    """Paths that differ from the commit; only the working tree has any."""


class Snapshot(Struct, frozen=True, kw_only=True):
    """The results of one revision, read without checking it out."""

    revision: Revision
    metrics: dict[str, Scalar]
    """Flattened with dots: `test.accuracy`. A name that two files share gets `file:` in front."""
    params: dict[str, Scalar]
    data: dict[str, str]
    """Path of a data file, model or other output → its digest."""


class StageRun(Struct, frozen=True, kw_only=True):
    """What became of one stage of the pipeline."""

    name: str
    outcome: Literal["ran", "unchanged", "restored"]
    """`restored` is a stage whose earlier result for the same inputs came from DVC's run cache."""


class PipelineRun(Struct, frozen=True, kw_only=True):
    """One run of the whole pipeline."""

    stages: tuple[StageRun, ...]
    seconds: float


class Plot(Struct, frozen=True, kw_only=True):
    """One plot of the results with all compared revisions in it, as a complete Vega-Lite document."""

    name: str
    title: str
    vega_lite: dict[str, Any]


class MetricChange(Struct, frozen=True, kw_only=True):
    """One metric of base and candidate. `relative` is delta ÷ |base|, absent where base is 0."""

    name: str
    direction: Direction | None
    base: Scalar
    candidate: Scalar
    delta: float | None
    relative: float | None
    effect: Effect


class ParamChange(Struct, frozen=True, kw_only=True):
    """A parameter whose value differs between base and candidate."""

    name: str
    base: Scalar
    candidate: Scalar
    effect: Literal["changed", "new", "gone"]


class DataChange(Struct, frozen=True, kw_only=True):
    """A data file, model or other output whose digest differs."""

    path: str
    base: str | None
    candidate: str | None


class GateRule(Struct, frozen=True, kw_only=True):
    """What a metric must keep to. Each limit is optional."""

    metric: str
    min: float | None = None
    max: float | None = None
    max_drop: float | None = None
    """How much worse than the base the metric may be, in its own unit: less where higher is better, more
    where lower is better."""


class Check(Struct, frozen=True, kw_only=True):
    """One rule of the gate, applied to one metric."""

    metric: str
    rule: Literal["min", "max", "max_drop"]
    limit: float
    value: float | None
    """What was held against the limit: the metric, or for `max_drop` how much it got worse."""
    passed: bool
    text: str
    """The rule and its result as one sentence for people."""


class Verdict(Struct, frozen=True, kw_only=True):
    """What the gate says. Without any rule it passes, with no checks."""

    passed: bool
    checks: tuple[Check, ...]


class Comparison(Struct, frozen=True, kw_only=True):
    """A candidate beside its base, and the gate's verdict. Without a base all metrics are new."""

    base: Revision | None
    candidate: Revision
    metrics: tuple[MetricChange, ...]
    params: tuple[ParamChange, ...]
    data: tuple[DataChange, ...]
    verdict: Verdict


# --- the model, from fitted object to function -------------------------------------------------


class Column(Struct, frozen=True, kw_only=True):
    """One input of the model, as the sample rows show it."""

    name: str
    type: ColumnType
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] | None = None
    missing: bool = False
    """Whether the sample has rows without a value here."""


class Signature(Struct, frozen=True, kw_only=True):
    """What the model takes and gives: columns in the model's order, and the kind of answer."""

    columns: tuple[Column, ...]
    task: Literal["classification", "regression"]
    labels: tuple[str | int | float | bool, ...] = ()
    """The classes, in the order of the probabilities; empty for regression."""


class Artifact(Struct, frozen=True, kw_only=True):
    """A model made ready for a tier: the file that goes into the bundle, and what proves it."""

    name: str
    tier: Tier
    reason: str
    """Why this tier, in one line."""
    description: str
    """The model in short: `Pipeline(StandardScaler, LogisticRegression)`."""
    file: Path
    """What the function opens; for the pure tier the flat binary tables."""
    digest: str
    source_digest: str
    """The digest of the model file that was read."""
    signature: Signature
    libraries: dict[str, str]
    """The packages that made the model, with their versions."""
    answers: Path
    """JSON: sample and boundary rows with the original model's answers (see emel.models.answers)."""


class Answers(Struct, frozen=True, kw_only=True):
    """Rows and the original model's answers to them. The file is `to_json(answers)`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Scalar, ...], ...]
    """In the order of `columns`, typed as the signature says; `None` is a missing value."""
    sample_rows: int
    """How many of the rows, from the first on, are the user's own; the rest are boundary rows."""
    labels: tuple[str | int | float | bool, ...] | None
    """The classes, in the order of the probabilities; `None` for regression."""
    predictions: tuple[str | int | float | bool, ...]
    probabilities: tuple[tuple[float, ...], ...] | None


class OriginalModel(Struct, frozen=True, kw_only=True):
    """The model file that was packaged, and the interpreter that can load it."""

    model: Path
    python: Path | None = None
    """`None` is the interpreter that runs emel."""
    columns: tuple[str, ...] = ()


class Parity(Struct, frozen=True, kw_only=True):
    """The finished bundle beside the original model, on the same rows."""

    rows: int
    """Rows of the user's own sample."""
    boundary_rows: int
    """Rows made from the model itself: each threshold, and one ulp to either side."""
    tolerance: float
    max_abs_diff: float
    labels_equal: bool
    ok: bool
    worst_row: int | None
    """Index of the row with the largest difference: first the sample's rows, then the boundary rows."""


class ColdStart(Struct, frozen=True, kw_only=True):
    """A fresh process from its start to the first answer. The medians of runs in turn."""

    seconds: float
    cpu_seconds: float
    peak_rss_bytes: int
    warm_call_seconds: float
    """Processor seconds of one call with one row, JSON in and out, in a process that is warm."""
    bare_interpreter_seconds: float
    """`python -I -S -c pass` in the same rounds."""
    original_seconds: float | None
    """Import, load and predict with the original library, in the same rounds."""
    original_peak_rss_bytes: int | None


class BuiltZip(Struct, frozen=True, kw_only=True):
    """A function's zip as it was written, not yet proved."""

    path: Path
    digest: str
    zip_bytes: int


class Bundle(Struct, frozen=True, kw_only=True):
    """A function's zip, proved and measured. Beside the zip lies the same record as JSON."""

    path: Path
    name: str
    version: str
    """The model's version: a SemVer tag such as `v1.0.0`, or `0.0.0+` and the short commit."""
    commit: str | None
    digest: str
    zip_bytes: int
    tier: Tier
    reason: str
    description: str
    signature: Signature
    parity: Parity
    cold_start: ColdStart
    answers: Path
    """The sample rows with the original's answers, kept beside the zip and never shipped."""
    source_digest: str
    """The digest of the model file that it was made from."""
    sample_digest: str
    """The digest of the sample file that proved it."""
    built_by: str
    """The version of emel."""


class ModelVersion(Struct, frozen=True, kw_only=True):
    """A version of a model: an annotated Git tag `name@v1.2.3`, after the convention of GTO."""

    name: str
    version: str
    """`v1.2.3`"""
    tag: str
    commit: str
    created: str
    """UTC, ISO 8601."""


# --- the endpoint ------------------------------------------------------------------------------


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


# --- money -------------------------------------------------------------------------------------


class Usage(Struct, frozen=True, kw_only=True):
    """What a function uses per call, as measured. `cpu_seconds` is on one whole processor."""

    memory: int
    cpu_seconds: float
    cold_start_cpu_seconds: float
    rows_per_call: int = 1


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
