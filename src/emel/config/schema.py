"""Every table and key of emel.toml, with its type, limits and default.

The docstring under a key is its text in docs/reference/emel-toml.md, which `make docs` writes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from emel.config.checkpoints import CheckpointTable
from emel.config.function import FunctionTable, LoggingTable, PageTable
from emel.config.machines import AwsTable, KubernetesTable, TrainTable
from emel.config.yandex import YandexTable
from emel.errors import ConfigError
from emel.records import (
    Direction,
    FunctionSettings,
    GateRule,
    GatewaySettings,
    LockboxSecret,
    OwnSection,
    ScalingPolicy,
    Serving,
    SlimStep,
    YandexSettings,
)

FunctionName = Annotated[str, Meta(pattern=r"^[a-z][-a-z0-9]{1,61}[a-z0-9]$")]
Port = Annotated[int, Meta(ge=0, le=65535)]


class ModelTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model that the pipeline makes."""

    name: FunctionName
    """The name of the model, its versions and its function: 3 to 63 small letters, digits, hyphens."""
    path: str
    """The model file that the pipeline writes, relative to emel.toml: of joblib, pickle, skops, LightGBM,
    XGBoost, CatBoost, ONNX or PyTorch; or the folder of an MLflow model."""
    sample: str
    """Rows like those that the endpoint will get, for parity, tests and comparisons: CSV, JSON, Parquet or a
    pickled frame."""
    target: str | None = None
    """The column of the sample that holds the true answer, if it has one; it is not sent to the model."""
    tier: Literal["auto", "pure", "onnx", "python"] = "auto"
    """What the function is made of. `pure` needs no package but the standard library; `onnx` carries
    onnxruntime; `python` carries the model's own libraries. `auto` takes the first that passes parity, and
    another where it pays: see [tiers](tiers.md)."""
    tolerance: Annotated[float, Meta(ge=0)] | None = None
    """How far a probability or number may be from the original model's before the bundle is refused. Without
    it 1e-6, and 1e-4 for the tier `onnx`, which computes in float32."""
    max_latency: Annotated[float, Meta(gt=0)] = 0.02
    """Seconds of a processor that one row may take. `auto` leaves a tier that needs more for a faster one."""
    predictor: str | None = None
    """A file predictor.py with a class `Predictor` that opens the model and answers rows. It makes the tier
    `python`."""
    requirements: str | None = None
    """What a function of the tier `python` carries: a requirements file or a lock. Without it, the packages
    that opening the model loads, at the versions that are installed."""
    keep: tuple[SlimStep, ...] = ()
    """Steps of slimming that are not taken with the function's libraries: see [tiers](tiers.md)."""
    python: str | None = None
    """The interpreter that has the model's libraries, if it is not the one that runs emel."""


class CompareTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a commit is compared with."""

    base: str = "main"
    """A branch: the comparison is with the last commit that it shares with the present one."""


class GateTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of one metric, or under a name with `*`, as `"slices.*.accuracy"`, of all that fit.

    `"function.zip_bytes"`, `"function.cold_start_seconds"` (projected for the memory of `[function]`),
    `"function.per_million_calls"` and `"function.p99_seconds"` are measures of the function: less is better.
    `"function.agreement"` is the share of rows, 0 to 1, that `emel shadow` finds answered as in production,
    `"shadow.worst_slice_agreement"` that of the worst slice. `"shadow.mean_abs_diff"`,
    `"shadow.p99_abs_diff"` and `"shadow.max_abs_diff"` are differences of probabilities or numbers;
    `"shadow.p50_ratio"` and `"shadow.p99_ratio"` are the candidate's latency divided by production's.
    """

    min: float | None = None
    """The metric must not be below."""
    max: float | None = None
    """The metric must not be above."""
    max_drop: Annotated[float, Meta(ge=0)] | None = None
    """How much worse than the base's the metric may be, in its own unit."""
    noise: Literal["auto"] | Annotated[float, Meta(ge=0)] | None = None
    """What `max_drop` is widened by, since no two runs are the same: a number in the metric's unit, or
    `"auto"` for what `emel run --repeat` has measured, see [noise](../guides/experiments.md)."""


class ReportTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a report shows, after the verdict."""

    sections: tuple[str, ...] | None = None
    """The sections in their order: `metrics`, `gate`, `parameters`, `data`, `environment`, `leaderboard`,
    `plots`, `model`, `endpoint`, `shadow`, `cost`, `reproduce`, and your own by the names of their tables.
    Without it all are shown."""


class SectionTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A section of the report that you write: Markdown from a file or a command."""

    title: str | None = None
    """What stands above it; without it the name of the table."""
    file: str | None = None
    """A Markdown file, relative to emel.toml. Pictures of the repository that it shows are shown."""
    command: str | None = None
    """A command for the shell, run in the folder of emel.toml, that prints Markdown."""
    folded: bool = False
    """Whether it is folded away under its title."""


class LocalTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The function platform on this machine."""

    host: str = "127.0.0.1"
    """The address to listen on. Anything but loopback opens the models to the network."""
    port: Port = 8080
    """The port to listen on; 0 takes a free one."""
    throttle: bool = False
    """Whether instances get only the share of a processor that their memory class has in a cloud."""


class CostTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the price is worked out for."""

    calls_per_month: Annotated[int, Meta(ge=0)] = 100_000
    """The number of predictions a month."""


class SweepTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `emel sweep` goes through without `--set`, and the job `sweep` of the pipeline."""

    set: tuple[str, ...] = ()
    """The values of each parameter, as `["depth=2,4,8", "rate=0.1,0.3"]`; `FILE:name=…` for one outside of
    params.yaml."""
    random: Annotated[int, Meta(ge=1)] | None = None
    """How many combinations are drawn, instead of all."""
    seed: int = 0
    """What they are drawn with."""
    metric: str | None = None
    """What the leaderboard is ordered by, instead of the gate's first metric."""


class CiTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pipeline in GitLab, which `emel ci` writes."""

    cloud: Literal["local", "yandex", "aws"] | None = None
    """Where endpoints live. Without it models are trained, reported and given versions, and nothing is
    deployed. `local` is the platform of the machine whose runner takes the jobs. A bundle must fit this
    cloud, where `--to` names no other."""
    image: str = "python:3.12-bookworm"
    """The image of all jobs: Python 3.11 to 3.14, with git. By its digest, as `python@sha256:…`, it never
    changes."""
    requirements: str | None = None
    """The project's locked libraries, relative to emel.toml: jobs install them, and keep them in a cache
    until the file changes."""
    install: tuple[str, ...] | None = None
    """Commands that make `emel` and the project's libraries ready, instead of pip with `requirements`."""
    commit_results: bool = False
    """Whether the default branch's pipeline commits what Git keeps of its results (dvc.lock, metrics), so
    that nobody has to. That starts no pipeline; it needs a token that may push to the branch."""
    reuse_results: bool = False
    """Whether what a pipeline trained is kept in the project's generic packages, so that a pipeline with the
    same inputs, as the default branch's after a merge, does not train again."""
    experiments: bool = False
    """Whether the report's job also writes each pipeline into GitLab's model experiments, as a candidate with
    metrics, parameters and links. It needs the token that the report's comment needs."""
    runner_tags: tuple[str, ...] = ()
    """The tags of the runner that trains; without any, every runner may. The machine of [train.machine] has a
    tag of its own, which the pipeline knows."""
    repeat: Annotated[int, Meta(ge=3, le=30)] | None = None
    """How often the default branch's pipeline runs the training, to know the noise of the metrics: see
    [noise](../guides/experiments.md). It needs `commit_results`."""
    gitlab: Annotated[str, Meta(pattern=r"^[0-9]{2}\.[0-9]{1,2}$")] | None = None
    """The version of the GitLab server, as `"19.1"`. From that one on, jobs are repeated also for the reasons
    that it has for a machine which was taken away."""
    production: Literal["on_success", "manual"] = "on_success"
    """Whether what was merged goes to production by itself, or by a click."""
    auto_stop_in: str = "1 week"
    """After how long a preview that nobody stopped is stopped, as GitLab writes durations; or `never`."""
    schedule: Literal["prune", "train"] = "prune"
    """What a pipeline schedule does: remove forgotten previews, or train and deploy too."""


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of emel.toml."""

    model: ModelTable
    compare: CompareTable = CompareTable()
    metrics: dict[str, Direction] = field(default_factory=dict)
    """`name = "higher"` or `"lower"`: which is better, for metrics whose name does not say it."""
    gate: dict[str, GateTable] = field(default_factory=dict)
    report: ReportTable = ReportTable()
    section: dict[str, SectionTable] = field(default_factory=dict)
    function: FunctionTable = FunctionTable()
    logging: LoggingTable = LoggingTable()
    page: PageTable = PageTable()
    local: LocalTable = LocalTable()
    train: TrainTable = TrainTable()
    checkpoint: CheckpointTable = CheckpointTable()
    yandex: YandexTable = YandexTable()
    aws: AwsTable = AwsTable()
    kubernetes: KubernetesTable = KubernetesTable()
    cost: CostTable = CostTable()
    sweep: SweepTable = SweepTable()
    ci: CiTable = CiTable()

    def rules(self) -> tuple[GateRule, ...]:
        """The gate as records, in the order of the file.

        Errors: ConfigError for a noise that has nothing to widen.
        """
        for metric, table in self.gate.items():
            if table.noise is not None and table.max_drop is None:
                raise ConfigError(
                    f"`noise` of `gate.{metric}` widens `max_drop`, which is not there",
                    where="emel.toml",
                    hint="add max_drop = 0 to refuse whatever is worse beyond the noise",
                )
        return tuple(
            GateRule(metric=metric, min=table.min, max=table.max, max_drop=table.max_drop, noise=table.noise)
            for metric, table in self.gate.items()
        )

    def own_sections(self) -> tuple[OwnSection, ...]:
        """The sections of the report that the user writes, in the order of the file.

        Errors: ConfigError for one that has no source, or two.
        """
        for name, table in self.section.items():
            if (table.file is None) == (table.command is None):
                raise ConfigError(
                    f"`section.{name}` needs either a file or a command",
                    where="emel.toml",
                    hint='write file = "report.md", or command = "python summary.py"',
                )
        return tuple(
            OwnSection(
                name=name,
                title=table.title or name,
                file=table.file,
                command=table.command,
                folded=table.folded,
            )
            for name, table in self.section.items()
        )

    def serving(self) -> Serving:
        """What the function is told of its callers, its log and its page, as a record."""
        log = self.logging
        return Serving(
            cors=self.function.cors,
            log_predictions=log.predictions,
            log_sample=log.sample,
            log_redact=log.redact,
            examples=self.page.examples,
        )

    def settings(self) -> FunctionSettings:
        """How the function runs, as a record."""
        table = self.function
        return FunctionSettings(
            memory=table.memory,
            timeout=table.timeout,
            max_instances=table.max_instances,
            provisioned=table.provisioned,
            idle_seconds=table.idle_seconds,
        )

    def scaling_policy(self) -> ScalingPolicy:
        """How a tag scales, on a cloud where tags do, as a record."""
        table = self.function.scaling
        return ScalingPolicy(
            zone_instances=self.function.max_instances
            if table.zone_instances is None
            else table.zone_instances,
            zone_requests=table.zone_requests,
            provisioned=self.function.provisioned,
        )

    def yandex_settings(self) -> YandexSettings:
        """The project's place in Yandex Cloud, as a record."""
        table = self.yandex
        paths = {variable: path.split("/") for variable, path in table.secrets.items()}
        return YandexSettings(
            folder=table.folder,
            service_account=table.service_account,
            bucket=table.bucket,
            public=table.public,
            log_group=table.log_group,
            min_log_level=table.min_log_level,
            environment=table.environment,
            secrets=tuple(
                LockboxSecret(variable=variable, id=secret, version=version, key=key)
                for variable, (secret, version, key) in sorted(paths.items())
            ),
            gateway=GatewaySettings(
                service_account=table.gateway.service_account or table.service_account,
                authorizer=table.gateway.authorizer,
                payload_format=table.gateway.payload_format,
            ),
            endpoint=table.endpoint,
            storage_endpoint=table.storage_endpoint,
            token_endpoint=table.token_endpoint,
        )
