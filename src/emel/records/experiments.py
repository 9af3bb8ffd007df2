"""Revisions, snapshots, comparisons, the gate, pipelines, plots."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from emel.records.scalars import Scalar

Direction = Literal["higher", "lower"]
Effect = Literal["better", "worse", "same", "changed", "new", "gone"]


class Revision(Struct, frozen=True, kw_only=True):
    """A commit, or the working tree on top of one (`label` is "workspace" then)."""

    label: str
    """What a person calls it: a branch, a tag, `workspace`, or the short commit."""
    commit: str
    """40 hexadecimal digits; for the working tree, those of HEAD."""
    changes: tuple[str, ...] = ()
    """Paths that differ from the commit; only the working tree has any."""
    results: tuple[str, ...] = ()
    """Those of them that the pipeline writes: what came of the commit, and no change to it."""

    @property
    def edits(self) -> tuple[str, ...]:
        """The other ones: with them it is no commit's results that are told."""
        return tuple(path for path in self.changes if path not in self.results)

    @property
    def title(self) -> str:
        """What people read: the label; of the working tree that name, or the short commit where nothing was
        edited."""
        if not self.changes:
            return self.label
        return "working tree" if self.edits else self.commit[:8]


class Snapshot(Struct, frozen=True, kw_only=True):
    """The results of one revision, read without checking it out."""

    revision: Revision
    metrics: dict[str, Scalar]
    """Flattened with dots: `test.accuracy`. A name that two files share gets `file:` in front."""
    params: dict[str, Scalar]
    data: dict[str, str]
    """Path of a data file, model or other output → its digest."""
    metric_files: tuple[str, ...] = ()
    """The files that the metrics come from."""


class FailedRun(Struct, frozen=True, kw_only=True):
    """A run of the pipeline that did not come to its end."""

    message: str
    """Which stage failed, and how."""
    output: tuple[str, ...]
    """The last lines of what it wrote."""


class StageRun(Struct, frozen=True, kw_only=True):
    """What became of one stage of the pipeline."""

    name: str
    outcome: Literal["ran", "unchanged", "restored"]
    """`restored` is a stage whose earlier result for the same inputs came from DVC's run cache."""


class PipelineRun(Struct, frozen=True, kw_only=True):
    """One run of the whole pipeline."""

    stages: tuple[StageRun, ...]
    seconds: float


class RunRecord(Struct, frozen=True, kw_only=True):
    """With what, on what and how long a pipeline ran; it belongs to the results that a dvc.lock describes."""

    started: str
    """UTC, ISO 8601."""
    seconds: float
    """Of the run that made the results last; what did not change was not run in it."""
    ran: tuple[str, ...]
    """The stages that ran."""
    python: str
    system: str
    """Operating system and kind of processor: `Linux-6.1-x86_64`."""
    cores: int
    memory_bytes: int
    libraries: dict[str, str]
    """Everything that is installed where the stages run: name → version."""
    seeds: dict[str, Scalar]
    """Parameters whose name says that they are one."""


class MetricNoise(Struct, frozen=True, kw_only=True):
    """One metric over repeated runs of the same pipeline."""

    values: tuple[float, ...]
    """In the order of the runs; the first are the results themselves."""
    mean: float
    std: float
    """The standard deviation of the sample: the sum of squares is divided by one less than there are runs."""


class Noise(Struct, frozen=True, kw_only=True):
    """How far the metrics of repeated runs lie apart. It stands in Git, in `emel.noise.json`."""

    lock: str
    """The digest of the dvc.lock whose results were repeated."""
    seeds: dict[str, tuple[int, ...]]
    """The parameters that each run had another value of; empty where the runs were the same."""
    metrics: dict[str, MetricNoise]


class NoiseSource(Struct, frozen=True, kw_only=True):
    """Where a comparison's noise was measured."""

    revision: str
    """The label of the revision whose `emel.noise.json` it is."""
    runs: int
    current: bool
    """Whether the revision's own results were repeated, and not those of an earlier dvc.lock."""


class EnvironmentChange(Struct, frozen=True, kw_only=True):
    """A library, the interpreter or the machine, of base and candidate; None where it was not there."""

    name: str
    base: str | None
    candidate: str | None


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
    noise: float | None = None
    """By how much two runs of one pipeline may differ by chance, see emel.compare.noise; None when that was
    not measured."""

    @property
    def within_noise(self) -> bool:
        """Whether the metric got better or worse by no more than chance explains."""
        if self.noise is None or self.delta is None or self.effect not in ("better", "worse"):
            return False
        return abs(self.delta) <= self.noise


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


class DataFacts(Struct, frozen=True, kw_only=True):
    """What is known of a data file without understanding it. None is what is not known."""

    bytes: int | None = None
    files: int | None = None
    """Of a folder."""
    rows: int | None = None
    """Of a table, without its header."""
    columns: tuple[str, ...] | None = None


class Best(Struct, frozen=True, kw_only=True):
    """The best value that a metric ever had before the candidate, and where."""

    value: float
    revision: Revision


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """The metrics that one commit brought."""

    commit: str
    """40 hexadecimal digits."""
    created: str
    """UTC, ISO 8601."""
    subject: str
    metrics: dict[str, Scalar]
    noise: dict[str, float] = {}
    """By how much two single runs differ by chance, of the metrics that repeated runs have told it of; where
    the commit's own results were not repeated, as last measured before."""


class History(Struct, frozen=True, kw_only=True):
    """Metrics over commits."""

    metrics: tuple[str, ...]
    """The names of the metrics, those of the newest commit first."""
    directions: dict[str, Direction | None]
    entries: tuple[HistoryEntry, ...]
    """The newest first: the commits that changed a file of metrics."""


class GateRule(Struct, frozen=True, kw_only=True):
    """What a metric must keep to. Each limit is optional."""

    metric: str
    min: float | None = None
    max: float | None = None
    max_drop: float | None = None
    """How much worse than the base the metric may be, in its own unit: less where higher is better, more
    where lower is better."""
    noise: Literal["auto"] | float | None = None
    """What `max_drop` is widened by: what was measured (`auto`), or so much. None widens it by nothing."""


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
    noise: float | None = None
    """What the limit was widened by."""


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
    environment: tuple[EnvironmentChange, ...] = ()
    """What is known to differ in the environments of the two runs; empty also where one was not recorded."""
    noise: tuple[NoiseSource, ...] = ()
    """Where the noise of the metrics was measured."""
