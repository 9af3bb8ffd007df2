"""Sweeps over parameters."""

from __future__ import annotations

from msgspec import Struct

from emel.records.experiments import Direction
from emel.records.scalars import Scalar


class SweepCell(Struct, frozen=True, kw_only=True):
    """One combination of parameters, and what the pipeline made of it."""

    commit: str
    """What the parameters were changed in: 40 hexadecimal digits."""
    params: tuple[str, ...]
    """`[FILE:]name=value`, as `emel run --set` takes them."""
    metrics: dict[str, Scalar]
    """Empty when it failed."""
    seconds: float
    """Of the pipeline's run, without making the copy that it ran in."""
    error: str | None = None
    """Why it failed."""
    output: tuple[str, ...] = ()
    """The last lines that the pipeline wrote; of a cell that failed alone."""
    absent: bool = False
    """Whether nothing is known of it, since its job was not run, or was ended. It counts as failed."""


class Sweep(Struct, frozen=True, kw_only=True):
    """The leaderboard of a sweep."""

    commit: str
    metric: str | None
    """What the cells are ordered by; None when all failed."""
    direction: Direction | None
    cells: tuple[SweepCell, ...]
    """The best first, then those whose metric is no number, then those that failed."""
    ran: int
    """How many ran now; the others had run before."""
    apply: str | None
    """The command line that runs the pipeline with the best cell's parameters."""
