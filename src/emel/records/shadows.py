"""A candidate's answers beside production's: how many differ, by how much, where, and how fast both are."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from emel.records.endpoints import Latency
from emel.records.scalars import Scalar

RowSource = Literal["sample", "requests"]
"""The sample rows of the candidate's bundle, or rows of recent requests from the log."""


class FlippedRow(Struct, frozen=True, kw_only=True):
    """A row that two endpoints answer differently."""

    row: int
    production: Scalar
    """A label or a number; for several targets all of them as one text."""
    candidate: Scalar
    difference: float


class LabelChange(Struct, frozen=True, kw_only=True):
    """How many rows went from one label to another."""

    production: Scalar
    candidate: Scalar
    rows: int


class Distribution(Struct, frozen=True, kw_only=True):
    """How the differences of the rows are spread."""

    quantiles: dict[str, float]
    """`p50`, `p90`, `p95`, `p99` of their absolute values."""
    edges: tuple[float, ...]
    """Of the histogram's bins, ascending, one more than there are bins. Numbers have a sign, candidate minus
    production; differences of probabilities have none."""
    counts: tuple[int, ...]
    """Rows in each bin. All but the first leave out their lower edge."""


class Slice(Struct, frozen=True, kw_only=True):
    """Some of the rows, by the values of one column, and how often they keep production's answer."""

    column: str
    condition: str
    """What the column's value is there: `= left`, `from 12.5 to 14`."""
    rows: int
    agreement: float
    """0 to 1."""
    mean_abs_diff: float


class Shadow(Struct, frozen=True, kw_only=True):
    """A candidate's answers beside production's, on the same rows."""

    production_url: str
    candidate_url: str
    source: RowSource
    rows: int
    agreement: float
    """The share of rows with the same label, 0 to 1 (regression: equal within the tolerance)."""
    flipped: tuple[FlippedRow, ...]
    """All rows with another label, the largest difference first."""
    label_changes: tuple[LabelChange, ...]
    """The same by label, the most frequent first; empty for regression."""
    max_abs_diff: float
    """The largest difference of a probability; for regression of the predicted number, relative to
    production's where that is above 1."""
    mean_abs_diff: float
    differences: Distribution
    slices: tuple[Slice, ...]
    """Of each column the slice with the lowest agreement (regression: the largest mean difference), if it is
    worse than all rows together, by more than one row. The worst first."""
    production_latency: Latency | None = None
    """Of requests with one row that went to both in turn; None where it was not measured."""
    candidate_latency: Latency | None = None
    recent: Shadow | None = None
    """The same on recent requests, where the log holds such."""

    def measures(self) -> dict[str, float]:
        """What the gate may ask for, by name. Where recent requests were compared too, the worse of both."""
        own = {
            "function.agreement": self.agreement,
            "shadow.mean_abs_diff": self.mean_abs_diff,
            "shadow.p99_abs_diff": self.differences.quantiles["p99"],
            "shadow.max_abs_diff": self.max_abs_diff,
            "shadow.worst_slice_agreement": min(
                (one.agreement for one in self.slices), default=self.agreement
            ),
        }
        if self.recent:
            for name, value in self.recent.measures().items():
                own[name] = min(own[name], value) if name.endswith("agreement") else max(own[name], value)
        before, after = self.production_latency, self.candidate_latency
        if before and after and before.p50_seconds > 0:
            own["shadow.p50_ratio"] = after.p50_seconds / before.p50_seconds
            own["shadow.p99_ratio"] = after.p99_seconds / before.p99_seconds
        return own
