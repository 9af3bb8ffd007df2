"""The cells of a sweep, the best first, and how the metric went over each parameter."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from emel.records import Plot, Sweep, SweepCell
from emel.report import numbers
from emel.report.blocks import (
    Block,
    Code,
    CodeBlock,
    Details,
    Document,
    Heading,
    Image,
    Line,
    Paragraph,
    Table,
    Toned,
)
from emel.report.known import Known

SHOWN = 10
"""More rows are folded away."""
MOST_VALUES = 10
"""Of a parameter, until its numbers are points on a scale."""
MOST_PLOTTED = 4
"""Parameters; a picture with more of them is too wide for a comment."""
ARROWS = {"higher": " ↑", "lower": " ↓", None: ""}


def leaderboard_section(known: Known) -> list[Block]:
    """The sweep of the candidate's commit, where one was run."""
    return _blocks(known.sweep) if known.sweep else []


def leaderboard_document(project: str, sweep: Sweep) -> Document:
    """The sweep alone, for a comment of its own."""
    title = f"{project}: {_counted(len(sweep.cells), 'cell')} of a sweep"
    return Document(title, tuple(_blocks(sweep)), title)


def _blocks(sweep: Sweep) -> list[Block]:
    failed = [cell for cell in sweep.cells if cell.error is not None]
    told: Line = (_counted(len(sweep.cells), "cell"), " at ", Code(sweep.commit[:8]))
    if sweep.metric:
        told = (*told, ", ordered by ", Code(sweep.metric))
    if failed:
        told = (*told, "; ", Toned(f"{len(failed)} failed", "bad"))
    blocks: list[Block] = [Heading("Leaderboard"), Paragraph((*told, "."))]
    rows = tuple(_row(sweep, place, cell) for place, cell in enumerate(sweep.cells, start=1))
    blocks.append(_table(sweep, rows[:SHOWN]))
    if len(rows) > SHOWN:
        blocks.append(Details(f"{_counted(len(rows) - SHOWN, 'more cell')}", (_table(sweep, rows[SHOWN:]),)))
    plot = _plot(sweep)
    if plot is not None:
        blocks.append(Image(plot, f"{sweep.metric} over each parameter of the sweep"))
    reasons = tuple(Paragraph((Code(", ".join(cell.params)), f": {cell.error}")) for cell in failed)
    if reasons:
        blocks.append(Details("Why cells failed", reasons[:SHOWN]))
    if sweep.apply:
        blocks += [Paragraph(("Apply the best:",)), CodeBlock(sweep.apply, "shell")]
    return blocks


def _table(sweep: Sweep, rows: tuple[tuple[Line, ...], ...]) -> Table:
    metric = f"{sweep.metric}{ARROWS[sweep.direction]}" if sweep.metric else "Result"
    header = ("", *_names(sweep), metric, "Time")
    return Table(header, rows, numeric=(0, len(header) - 2, len(header) - 1))


def _row(sweep: Sweep, place: int, cell: SweepCell) -> tuple[Line, ...]:
    values: list[Line] = [(Code(param.partition("=")[2]),) for param in cell.params]
    if cell.error is not None or sweep.metric is None:
        return ((str(place),), *values, (Toned("failed", "bad"),), (numbers.NONE,))
    result = numbers.scalar(cell.metrics.get(sweep.metric))
    return ((str(place),), *values, (result,), (numbers.seconds(cell.seconds),))


def _plot(sweep: Sweep) -> Plot | None:
    """A picture for each parameter with several values: a point for each cell, the best one filled."""
    cells = [cell for cell in sweep.cells if sweep.metric and _is_number(cell.metrics.get(sweep.metric))]
    columns = [
        (name, [param.partition("=")[2] for param in params])
        for name, params in zip(
            _names(sweep), zip(*(cell.params for cell in cells), strict=True), strict=False
        )
    ]
    varied = [(name, values) for name, values in columns if len(set(values)) > 1][:MOST_PLOTTED]
    if sweep.metric is None or not varied:
        return None
    metric = [cell.metrics[sweep.metric] for cell in cells]
    charts = [
        _chart(sweep.metric, name, values, metric, first=not at) for at, (name, values) in enumerate(varied)
    ]
    document = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "hconcat": charts}
    return Plot(name="leaderboard", title="Leaderboard", vega_lite=document)


def _chart(
    metric: str, name: str, values: Sequence[str], results: Sequence[Any], *, first: bool
) -> dict[str, Any]:
    """Names of the user stand in titles alone: as names of fields, dots and brackets would be paths."""
    read = [_read(value) for value in values]
    is_number = all(_is_number(value) for value in read)
    # A grid has few values, between which there is nothing to show; numbers stand in their own order.
    is_scale = is_number and len(set(values)) > MOST_VALUES
    ordered = [text for _, text in sorted(zip(read, values, strict=True))] if is_number else list(values)
    points = [
        {"x": value if is_scale else text, "y": result, "best": place == 0}
        for place, (value, text, result) in enumerate(zip(read, values, results, strict=True))
    ]
    scale = {"type": "quantitative", "scale": {"zero": False}}
    steps = {"type": "ordinal", "sort": list(dict.fromkeys(ordered))}
    return {
        "width": 170,
        "height": 170,
        "data": {"values": points},
        "mark": {"type": "point", "size": 60, "strokeWidth": 2, "color": "#2563eb"},
        "encoding": {
            "x": {"field": "x", "title": name, **(scale if is_scale else steps)},
            "y": {
                "field": "y",
                "type": "quantitative",
                "title": metric if first else None,
                "scale": {"zero": False},
                # Where all results are the same, the axis would round them to a whole number.
                "axis": {"format": ".4~g"},
            },
            "fillOpacity": {"condition": {"test": "datum.best", "value": 1}, "value": 0},
            "fill": {"value": "#2563eb"},
        },
    }


def _names(sweep: Sweep) -> list[str]:
    return [param.partition("=")[0] for param in sweep.cells[0].params]


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
