"""What a report can be made of."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from emel.records import (
    Best,
    Bundle,
    Comparison,
    DataFacts,
    Endpoint,
    Estimate,
    OwnSection,
    Plot,
    RunRecord,
    Shadow,
    Sweep,
)
from emel.report.blocks import Markdown


class Known(Struct, frozen=True, kw_only=True):
    """Everything that is known of a candidate. What is None or empty is left out of its report, silently."""

    project: str
    comparison: Comparison
    run: RunRecord | None = None
    """With what the candidate's results were made."""
    sweep: Sweep | None = None
    """What was tried at the candidate's commit."""
    best: Mapping[str, Best] = {}
    """By the name of the metric."""
    data: Mapping[str, tuple[DataFacts | None, DataFacts | None]] = {}
    """Path of a changed file → what is known of the base's and of the candidate's."""
    plots: tuple[Plot, ...] = ()
    candidate_bundle: Bundle | None = None
    base_bundle: Bundle | None = None
    estimate: Estimate | None = None
    base_estimate: Estimate | None = None
    endpoint: Endpoint | None = None
    """The preview of the candidate."""
    keyed: bool = False
    """Whether an API key is sent to it."""
    preview_bundle: Bundle | None = None
    """What answers there."""
    shadow: Shadow | None = None
    row_address: str | None = None
    """The address of a sample row in the forge, with `{line}` in it for the line of its file."""
    own: Mapping[str, tuple[OwnSection, Markdown]] = {}
    """The user's sections, by name."""
