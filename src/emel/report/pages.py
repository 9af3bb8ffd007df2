"""Pages that stand alone beside the report: metrics over commits."""

from __future__ import annotations

from typing import Any

from emel.records import History, Plot
from emel.report import html, numbers
from emel.report.blocks import Block, Code, Document, Heading, Image, Line, Paragraph, Table
from emel.report.pictures import draw

ARROWS = {"higher": " ↑", "lower": " ↓", None: ""}


def history_page(project: str, told: History) -> str:
    """One HTML page that holds everything itself: the plot, then the commits."""
    blocks: list[Block] = [Heading(f"{project}: metrics over {len(told.entries)} commits")]
    plot = _plot(told)
    if plot is None:
        blocks.append(Paragraph(("No commit has metrics that are numbers.",)))
    else:
        blocks.append(Image(plot, "metrics over commits, the oldest first"))
    if told.entries:
        blocks += [Heading("Commits"), _table(told)]
    images = {plot.name: draw(plot)} if plot else {}
    return html.render(Document(f"{project}: history", tuple(blocks)), images)


def history_png(told: History) -> bytes:
    """The plot alone; an empty one when no metric is a number."""
    return draw(_plot(told) or _drawing([], ()))


def _table(told: History) -> Table:
    header = (
        "Commit",
        "Date",
        "Subject",
        *(f"{name}{ARROWS[told.directions[name]]}" for name in told.metrics),
    )
    rows: tuple[tuple[Line, ...], ...] = tuple(
        (
            (Code(entry.commit[:8]),),
            (entry.created[:10],),
            (entry.subject,),
            *((numbers.scalar(entry.metrics.get(name)),) for name in told.metrics),
        )
        for entry in told.entries
    )
    return Table(header, rows, numeric=tuple(range(3, len(header))))


def _plot(told: History) -> Plot | None:
    points = [
        {"order": order, "commit": entry.commit[:8], "metric": name, "value": value}
        for order, entry in enumerate(reversed(told.entries), 1)
        for name in told.metrics
        if _is_number(value := entry.metrics.get(name))
    ]
    return _drawing(points, told.metrics) if points else None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")


def _drawing(points: list[dict[str, Any]], order: tuple[str, ...]) -> Plot:
    """A row for each metric, with a scale of its own; time goes to the right."""
    document = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": points},
        "facet": {"row": {"field": "metric", "title": None, "sort": list(order)}},
        "spec": {
            "width": 640,
            "height": 110,
            "mark": {"type": "line", "point": True, "color": "#2563eb"},
            "encoding": {
                "x": {
                    "field": "commit",
                    "type": "nominal",
                    "sort": {"field": "order"},
                    "title": None,
                    "axis": {"labelAngle": -45, "labelOverlap": True},
                },
                "y": {"field": "value", "type": "quantitative", "title": None, "scale": {"zero": False}},
            },
        },
        "resolve": {"scale": {"y": "independent"}},
    }
    return Plot(name="history", title="Metrics over commits", vega_lite=document)
