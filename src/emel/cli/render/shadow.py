"""Two endpoints' answers to the same rows."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from emel.cli import words
from emel.cli.render.tables import table
from emel.records import FlippedRow, Latency, Shadow, Slice

ROWS_SHOWN = 5
SLICES_SHOWN = 5
ROWS = {"sample": "rows", "requests": "rows of recent requests"}


def shadow(result: Shadow) -> RenderableType:
    """A whole comparison."""
    parts = list(_compared(result))
    if result.recent:
        parts += [Text(""), *_compared(result.recent)]
    if result.production_latency and result.candidate_latency:
        parts.append(_latency(result.production_latency, result.candidate_latency))
    return Group(*parts)


def _compared(result: Shadow) -> Iterator[RenderableType]:
    yield Text(
        f"{result.agreement:.1%} of {result.rows} {ROWS[result.source]} agree, "
        f"{len(result.flipped)} flipped; "
        f"largest difference {result.max_abs_diff:.3g}, mean {result.mean_abs_diff:.3g}"
    )
    if result.max_abs_diff == 0:
        return
    spread = (f"{name} {value:.3g}" for name, value in result.differences.quantiles.items())
    yield Text(f"Differences: {', '.join(spread)}")
    if result.label_changes:
        changes = (
            f"{words.scalar(one.production)} → {words.scalar(one.candidate)} {one.rows}"
            for one in result.label_changes[:ROWS_SHOWN]
        )
        yield Text(f"Labels: {', '.join(changes)}")
    if result.flipped:
        yield _flipped(result.flipped[:ROWS_SHOWN])
        hidden = len(result.flipped) - ROWS_SHOWN
        if hidden > 0:
            yield Text(f"… and {hidden} more; --json lists all")
    if result.slices:
        yield _slices(result.slices[:SLICES_SHOWN])


def _flipped(rows: tuple[FlippedRow, ...]) -> RenderableType:
    made = table("row", "production", "candidate", "difference", right=("row", "difference"))
    for row in rows:
        made.add_row(
            str(row.row), words.scalar(row.production), words.scalar(row.candidate), f"{row.difference:.3g}"
        )
    return made


def _slices(slices: tuple[Slice, ...]) -> RenderableType:
    right = ("rows", "agree", "mean difference")
    made = table("worst slices", "", *right, right=right)
    for one in slices:
        made.add_row(
            Text(one.column),
            Text(one.condition),
            str(one.rows),
            f"{one.agreement:.1%}",
            f"{one.mean_abs_diff:.3g}",
        )
    return made


def _latency(production: Latency, candidate: Latency) -> RenderableType:
    sides = (("production", production), ("candidate", candidate))
    told = (
        f"{name} p50 {words.seconds(taken.p50_seconds)}, p99 {words.seconds(taken.p99_seconds)}"
        for name, taken in sides
    )
    return Text(f"Latency of {production.requests} requests in turn: {'; '.join(told)}")
