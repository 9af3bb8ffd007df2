"""The candidate's answers beside production's."""

from __future__ import annotations

from itertools import pairwise

from emel.records import Distribution, FlippedRow, LabelChange, Latency, Plot, Shadow, Slice
from emel.report import numbers
from emel.report.blocks import (
    Block,
    Code,
    Details,
    Heading,
    Image,
    Inline,
    Line,
    Link,
    Paragraph,
    Strong,
    Table,
)
from emel.report.known import Known

SHOWN_ROWS = 10
SHOWN_SLICES = 10
SHOWN_CHANGES = 10
ROWS = {"sample": "sample rows", "requests": "rows of recent requests"}


def shadow_section(known: Known) -> list[Block]:
    """How many answers differ, by how much, where, and how long both take."""
    shadow = known.shadow
    if shadow is None:
        return []
    blocks: list[Block] = [Heading("Shadow comparison with production")]
    blocks += _compared(shadow, known.row_address)
    if shadow.recent:
        blocks += _compared(shadow.recent, None)
    if shadow.production_latency and shadow.candidate_latency:
        latency = _latency(shadow.production_latency, shadow.candidate_latency)
        blocks.append(Details("Latency of both endpoints", (latency,)))
    return blocks


def _compared(shadow: Shadow, address: str | None) -> list[Block]:
    said: Line = (
        Strong(numbers.share(shadow.agreement)),
        f" of {shadow.rows:,} {ROWS[shadow.source]} get the same answer as in production. The numbers behind "
        f"them differ by {numbers.scalar(shadow.mean_abs_diff)} on average and "
        f"{numbers.scalar(shadow.max_abs_diff)} at most.",
    )
    blocks: list[Block] = [Paragraph(said)]
    if shadow.max_abs_diff > 0:
        blocks.append(Details(_spread(shadow.differences), (_histogram(shadow),)))
    if shadow.slices:
        blocks.append(Paragraph(_worst(shadow.slices[0])))
        blocks.append(Details("The worst slice of each column", (_slices(shadow.slices[:SHOWN_SLICES]),)))
    if shadow.flipped:
        count = len(shadow.flipped)
        what = "1 row with another answer" if count == 1 else f"{count:,} rows with another answer"
        shown = what if count <= SHOWN_ROWS else f"{what}, the {SHOWN_ROWS} that differ most"
        changes = (_changes(shadow.label_changes[:SHOWN_CHANGES]),) if shadow.label_changes else ()
        blocks.append(Details(shown, (*changes, _flipped(shadow.flipped[:SHOWN_ROWS], address))))
    return blocks


def _spread(differences: Distribution) -> str:
    told = (f"{name} {numbers.scalar(value)}" for name, value in differences.quantiles.items())
    return f"Differences: {', '.join(told)}"


def _histogram(shadow: Shadow) -> Image:
    spread = shadow.differences
    name = f"shadow-differences-{shadow.source}"
    plot = Plot(name=name, title="Differences from production", vega_lite=_bars(spread, shadow))
    low, high = (f"{edge:.3g}" for edge in (spread.edges[0], spread.edges[-1]))
    alt = f"Histogram of the differences of {shadow.rows:,} {ROWS[shadow.source]}, from {low} to {high}"
    return Image(plot, alt)


def _bars(spread: Distribution, shadow: Shadow) -> dict[str, object]:
    # Most rows hardly move, and the few that do are those to be seen: hence no straight scale of counts.
    values = [
        {"from": low, "to": high, "rows": rows}
        for (low, high), rows in zip(pairwise(spread.edges), spread.counts, strict=True)
    ]
    ticks = [0, *(step * 10**power for power in range(7) for step in (1, 2, 5))]
    highest = max(spread.counts)
    rows = {"values": [tick for tick in ticks if tick <= highest]}
    what = "candidate minus production" if spread.edges[0] < 0 else "difference from production"
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": f"Differences on {shadow.rows:,} {ROWS[shadow.source]}",
        "width": 420,
        "height": 180,
        "data": {"values": values},
        "mark": {"type": "bar", "binSpacing": 1},
        "encoding": {
            "x": {"field": "from", "type": "quantitative", "bin": {"binned": True}, "title": what},
            "x2": {"field": "to"},
            "y": {
                "field": "rows",
                "type": "quantitative",
                "scale": {"type": "symlog", "nice": False},
                "axis": rows,
                "title": "rows",
            },
        },
    }


def _worst(worst: Slice) -> Line:
    return (
        "Worst slice: ",
        Code(worst.column),
        " ",
        Code(worst.condition),
        f", where {numbers.share(worst.agreement)} of {worst.rows:,} rows do, and the numbers differ by "
        f"{numbers.scalar(worst.mean_abs_diff)} on average.",
    )


def _slices(slices: tuple[Slice, ...]) -> Table:
    return Table(
        ("Column", "Slice", "Rows", "Same answer", "Mean difference"),
        tuple(
            (
                (Code(one.column),),
                (Code(one.condition),),
                (f"{one.rows:,}",),
                (numbers.share(one.agreement),),
                (numbers.scalar(one.mean_abs_diff),),
            )
            for one in slices
        ),
        numeric=(2, 3, 4),
    )


def _changes(changes: tuple[LabelChange, ...]) -> Table:
    return Table(
        ("Production", "Candidate", "Rows"),
        tuple(
            (
                (Code(numbers.scalar(change.production)),),
                (Code(numbers.scalar(change.candidate)),),
                (f"{change.rows:,}",),
            )
            for change in changes
        ),
        numeric=(2,),
    )


def _flipped(rows: tuple[FlippedRow, ...], address: str | None) -> Table:
    return Table(
        ("Row", "Production", "Candidate", "Difference"),
        tuple(
            (
                (_row(row.row, address),),
                (Code(numbers.scalar(row.production)),),
                (Code(numbers.scalar(row.candidate)),),
                (numbers.scalar(row.difference),),
            )
            for row in rows
        ),
        numeric=(0, 3),
    )


def _row(row: int, address: str | None) -> Inline:
    # The file's first line is its header, and lines are counted from 1.
    return Link(address.replace("{line}", str(row + 2)), str(row)) if address else str(row)


def _latency(production: Latency, candidate: Latency) -> Table:
    rows = (
        ("Half of the requests within", production.p50_seconds, candidate.p50_seconds),
        ("99 % of them within", production.p99_seconds, candidate.p99_seconds),
    )
    return Table(
        (f"{production.requests} requests in turn", "Production", "Candidate"),
        tuple(((what,), (numbers.seconds(old),), (numbers.seconds(new),)) for what, old, new in rows),
        numeric=(1, 2),
    )
