"""The model, from fitted object to function."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from emel.records.scalars import Scalar

Label = str | int | float | bool
Tier = Literal["pure", "onnx", "python"]
SlimStep = Literal["tests", "stubs", "headers", "metadata", "second-runtime", "onnx-tools", "numpy-parts"]
"""What a function leaves out of its libraries: see emel.bundle.slimming."""
ColumnType = Literal["float", "integer", "boolean", "string"]


class Column(Struct, frozen=True, kw_only=True):
    """One input of the model, as the sample rows show it."""

    name: str
    type: ColumnType
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] | None = None
    """Of strings, if the sample has few: all of them, in order."""
    missing: bool = False
    """Whether the sample has rows without a value here."""


class Signature(Struct, frozen=True, kw_only=True):
    """What the model takes and gives: columns in the model's order, and the kind of answer."""

    columns: tuple[Column, ...]
    task: Literal["classification", "regression"]
    labels: tuple[Label | tuple[Label, ...], ...] = ()
    """The classes, in the order of the probabilities; those of each target when a row has several answers;
    empty for regression."""
    outputs: int = 1
    """Answers per row. More than one make a prediction a list."""


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
    """JSON: sample and boundary rows with the original model's answers; see `Answers`."""
    engine: dict[str, Any] = {}
    """What the function must know to open and ask the file: see the module of the tier in emel_runtime."""
    requirements: str = ""
    """The libraries that the function carries, as a requirements file. All of them are in it for the onnx
    tier; what they need in turn is carried too for the python tier."""
    sources: dict[str, Path] = {}
    """Path in the function → module of the user's."""
    sample_digest: str | None = None
    """The digest of the sample file."""
    near_splits: dict[int, tuple[str, float]] = {}
    """Of the onnx tier, the sample rows with a value that float32 cannot tell from a threshold of the model:
    row → column, threshold."""
    original: OriginalCost | None = None
    """None for graphs and for a Predictor, which stand for themselves."""


class Serving(Struct, frozen=True, kw_only=True):
    """What a bundle's manifest says of callers, of the log and of the page; see emel_runtime.contract."""

    cors: tuple[str, ...] = ()
    log_predictions: bool = False
    log_sample: float = 1.0
    log_redact: tuple[str, ...] = ()
    examples: int = 0
    """How many rows of the sample the page offers."""


class Answers(Struct, frozen=True, kw_only=True):
    """Rows and the original model's answers to them. The file is `to_json(answers)`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Scalar, ...], ...]
    """In the order of `columns`, typed as the signature says; `None` is a missing value."""
    sample_rows: int
    """How many of the rows, from the first on, are the user's own; the rest are boundary rows."""
    labels: tuple[Label | tuple[Label, ...], ...] | None
    """As in the signature; `None` for regression."""
    predictions: tuple[Label | tuple[Label, ...], ...]
    probabilities: tuple[tuple[float, ...], ...] | None
    form: Literal["frame", "array", "texts", "dicts", "rows"] = "array"
    """How the original was given the rows: as it was in training (see emel.lowering.original)."""


class OriginalCost(Struct, frozen=True, kw_only=True):
    """What the original library takes to answer one row in a process that has loaded nothing."""

    cpu_seconds: float
    """Processor time: import, load, predict. The clock would also count how long a disk takes."""
    peak_rss_bytes: int


class Parity(Struct, frozen=True, kw_only=True):
    """The finished bundle beside the original model, on the same rows."""

    python: str = ""
    """The version of Python that the bundle ran under."""
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
    row_seconds: float = 0.0
    """Of these, the model's own: from a row's numbers to its answer."""
    bare_interpreter_seconds: float
    """`python -I -S -c pass` in the same rounds."""
    without_bytecode_cpu_seconds: float | None = None
    """The function without its compiled modules, as a Python meets it that they were not made for."""


class Trial(Struct, frozen=True, kw_only=True):
    """A tier that was tried, and what came of it."""

    tier: Tier
    refused: str | None = None
    """Why it may not ship, in one line; None where it may."""
    zip_bytes: int | None = None
    parity: Parity | None = None
    cold_start: ColdStart | None = None


class MountedModel(Struct, frozen=True, kw_only=True):
    """A model's file that is too large for its zip: it goes into a bucket, which the function mounts."""

    path: Path
    """Where it is on this machine."""
    name: str
    """Its name in the mount."""
    digest: str
    size: int


class BuiltZip(Struct, frozen=True, kw_only=True):
    """A function's zip as it was written, not yet proved."""

    path: Path
    digest: str
    zip_bytes: int
    bytecode: tuple[str, ...] = ()
    python: str = ""
    """As in Bundle."""
    mounted: MountedModel | None = None
    """The model, where the zip does not hold it."""


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
    original: OriginalCost | None = None
    answers: Path
    """The sample rows with the original's answers, kept beside the zip and never shipped."""
    source_digest: str
    """The digest of the model file that it was made from."""
    sample_digest: str
    """The digest of the sample file that proved it."""
    built_by: str
    """The version of emel."""
    bytecode: tuple[str, ...] = ()
    """The versions of Python that find compiled modules in the zip: `3.12`. Others compile at each start."""
    projected_cold_start: dict[int, float] = {}
    """Memory class in MB → seconds: measured processor seconds ÷ the class's share of a processor."""
    trials: tuple[Trial, ...] = ()
    """The tiers that were tried, in order; `reason` says in one line why this one."""
    serving: Serving = Serving()
    """What the project said of callers, log and page when it was made."""
    python: str = ""
    """The version of Python that the function is made for: its libraries run under no other. Where that is
    not at hand, parity and cold start are those of the same bundle with libraries for the Python that runs
    emel."""
    too_large_for: tuple[str, ...] = ()
    """The clouds that take no function of this size, or can mount nothing beside it where that is needed."""
    mounted: MountedModel | None = None
    """The model, where the zip does not hold it; its file lies beside the zip."""
    settings_digest: str = ""
    """The digest of the settings that it was made by: see emel.workflows.settings."""


class ModelVersion(Struct, frozen=True, kw_only=True):
    """A version of a model: an annotated Git tag `name@v1.2.3`, after the convention of GTO."""

    name: str
    version: str
    """`v1.2.3`"""
    tag: str
    commit: str
    created: str
    """UTC, ISO 8601."""
