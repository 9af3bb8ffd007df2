"""The leaderboard of a sweep."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from emel.cli import words
from emel.cli.render.experiments import ARROWS
from emel.cli.render.tables import table
from emel.records import Sweep, SweepCell


def sweep(told: Sweep) -> RenderableType:
    """A row for each cell, the best first; why cells failed; how to apply the best."""
    heading = f"{told.metric} {ARROWS[told.direction]}".strip() if told.metric else "result"
    names = [param.partition("=")[0] for param in told.cells[0].params]
    made = table("", *names, heading, "seconds", right=(heading, "seconds"))
    for place, cell in enumerate(told.cells, start=1):
        values = (Text(param.partition("=")[2]) for param in cell.params)
        made.add_row(str(place), *values, _result(cell, told.metric), f"{cell.seconds:.1f}")
    absent = sum(cell.absent for cell in told.cells)
    before = len(told.cells) - told.ran - absent
    nothing = f", nothing known of: {absent}" if absent else ""
    parts: list[RenderableType] = [made, Text("")]
    parts += [_failure(cell) for cell in told.cells if cell.error]
    parts.append(Text(f"commit {told.commit[:8]}; ran now: {told.ran}, kept from before: {before}{nothing}"))
    if told.apply:
        parts.append(Text(f"apply the best: {told.apply}", no_wrap=True, overflow="ignore"))
    return Group(*parts)


def _failure(cell: SweepCell) -> Text:
    """Why a cell failed, with the last line that was not DVC's own."""
    said = next((line for line in reversed(cell.output) if not line.startswith("ERROR: ")), "")
    return Text(f"{' '.join(cell.params)}: {cell.error}" + (f": {said.strip()}" if said else ""))


def _result(cell: SweepCell, metric: str | None) -> Text:
    if cell.error is not None or metric is None:
        return Text("FAILED", style="bold red")
    return Text(words.scalar(cell.metrics.get(metric)))
