"""Versions of models: what belongs to one, where it stands, and whether it can be made again."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from emel.records.endpoints import Endpoint
from emel.records.models import Bundle, ModelVersion
from emel.records.scalars import Scalar


class ListedVersion(ModelVersion, frozen=True, kw_only=True):
    """A version, and where it stands."""

    stages: tuple[str, ...] = ()


class VersionManifest(Struct, frozen=True, kw_only=True):
    """What is known of a model version, as the file `manifest.json` of its release says it.

    To raise the format: add 1 to `MANIFEST_FORMAT` of emel.registry.releases when a reader of the old number
    would misread something, and keep `read_manifest` able to read the old one.
    """

    format: int
    name: str
    version: str
    commit: str
    files: dict[str, str]
    """The other files of the release → their digests."""
    model_file: str
    """Which of them is the model."""
    metrics: dict[str, Scalar]
    params: dict[str, Scalar]
    data: dict[str, str]
    """Path of a data file, model or other output → its digest."""
    libraries: dict[str, str]
    """The packages that made the model, with their versions."""
    bundle: Bundle
    """The function's record; its paths are names of files."""


class ReleaseFile(Struct, frozen=True, kw_only=True):
    """A file of a release. Its checksum there was held against the one here."""

    name: str
    bytes: int
    digest: str
    url: str


class Registration(Struct, frozen=True, kw_only=True):
    """A version and what became of its release."""

    version: ModelVersion
    release: str | None
    """The page of the release; None when there is only the tag."""
    files: tuple[ReleaseFile, ...] = ()
    reason: str | None = None
    """Why there is only the tag."""
    hint: str | None = None


class Deployed(Struct, frozen=True, kw_only=True):
    """A function that answers with a model version."""

    cloud: str
    function: str
    number: int
    tags: tuple[str, ...]


class VersionDetails(Struct, frozen=True, kw_only=True):
    """All that is known of a model version."""

    version: ModelVersion
    stages: tuple[str, ...]
    metrics: dict[str, Scalar]
    params: dict[str, Scalar]
    data: dict[str, str]
    bundle: Bundle | None
    """Of the release, or from this machine's own; None where neither is at hand."""
    deployed: tuple[Deployed, ...]
    release: str | None = None
    """The page of the release."""
    files: tuple[ReleaseFile, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be found out, and why."""


class StageMove(Struct, frozen=True, kw_only=True):
    """A version that was put into a stage, and the function that answers with it now."""

    stage: str
    before: str | None
    """The version that stood there."""
    version: ModelVersion
    tag: str
    endpoint: Endpoint
    pushed: bool
    """Whether the remote has the tag too."""
    reason: str | None = None
    """Why it has not."""


class Deprecation(Struct, frozen=True, kw_only=True):
    """A version that was taken back."""

    version: ModelVersion
    tag: str
    pushed: bool
    reason: str | None = None
    release: str | None = None
    """The page of its release, which says so too; None where there is none, or it could not be changed."""
    release_reason: str | None = None
    """Why it could not."""


class Downloaded(Struct, frozen=True, kw_only=True):
    """The files of a version on this machine, each with the digest that its manifest names."""

    version: ModelVersion
    folder: str
    fetched: tuple[str, ...]
    kept: tuple[str, ...]
    """Files that were there already."""


class Moved(Struct, frozen=True, kw_only=True):
    """A value that came out otherwise than it was recorded."""

    name: str
    before: Scalar
    after: Scalar


class Reproduction(Struct, frozen=True, kw_only=True):
    """A version made again, beside what its commit recorded."""

    version: ModelVersion
    outcome: Literal["bit-equal", "within-tolerance", "different"]
    environment: str
    """Where it was run: the lock that the environment was made of, or the interpreter that was there."""
    tolerance: float
    metrics: tuple[Moved, ...]
    """Those beyond the tolerance."""
    metrics_within: tuple[Moved, ...]
    """Those that moved, but not beyond it."""
    files: tuple[Moved, ...]
    """Data, models and other outputs with another digest; None is absent."""
    libraries: tuple[Moved, ...]
    """Packages that made the model, where their version is another one now."""
    reasons: tuple[str, ...]
    """What may have made the difference, in sentences."""
    seconds: float


class Origin(Struct, frozen=True, kw_only=True):
    """Where a live endpoint or a bundle came from."""

    source: str
    name: str
    version: str
    commit: str | None
    tier: str
    description: str
    model_digest: str | None
    """Of the model file that it was made from."""
    sample_digest: str | None
    libraries: dict[str, str]
    parity: dict[str, Scalar]
    metrics: dict[str, Scalar]
    """Of the training, from the function itself or else from the commit, where it is at hand."""
    data: dict[str, str]
    """Digests at the commit; empty where it is not at hand."""
    merge_request: str | None
    """The page of the merge request that brought the commit."""
    notes: tuple[str, ...] = ()
    """What could not be found out, and why."""
