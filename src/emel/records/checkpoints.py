"""What training has saved on its way, to go on from after it was interrupted."""

from __future__ import annotations

from msgspec import Struct


class Work(Struct, frozen=True, kw_only=True):
    """What a checkpoint belongs to: it is of use to a run of the same work alone."""

    project: str
    stage: str
    inputs: str
    """The digest of all that decides what the work makes: its command, parameters and data."""


class Checkpoint(Struct, frozen=True, kw_only=True):
    """One saved state of some work."""

    work: Work
    saved_at: str
    """ISO 8601, to the microsecond; the order of checkpoints."""
    digest: str
    """Of the archive's bytes."""
    bytes: int
