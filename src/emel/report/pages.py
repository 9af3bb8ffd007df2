"""Pages that stand alone beside the report: metrics over commits, and revisions side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

from emel.records import Comparison, History, HistoryEntry, MetricChange, Plot
from emel.report import html, numbers
from emel.report.blocks import Block, Code, Document, Heading, Image, Line, Paragraph, Table, Tone, Toned
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
        if any(entry.noise for entry in told.entries):
            blocks.append(Paragraph(("A bar is the noise: how far two single runs differ by chance.",)))
    if told.entries:
        blocks += [Heading("Commits"), _table(told)]
    images = {plot.name: draw(plot)} if plot else {}
    return html.render(Document(f"{project}: history", tuple(blocks)), images)


def history_png(told: History) -> bytes:
    """The plot alone; an empty one when no metric is a number."""
    return draw(_plot(told) or _drawing([], ()))


def comparison_page(project: str, comparisons: Sequence[Comparison], plots: Sequence[Plot]) -> str:
    """One HTML page: metrics and parameters of all revisions side by side, the gate, plots overlaid.

    The comparisons have one base.
    """
    names = ", ".join(comparison.candidate.title for comparison in comparisons)
    base = comparisons[0].base
    title = f"{project}: {names}" + (f" beside {base.title}" if base else "")
    blocks: list[Block] = [Heading(title), _metrics(comparisons)]
    params = _params(comparisons)
    if params.rows:
        blocks += [Heading("Parameters"), params]
    gate = _gate(comparisons)
    if gate.rows:
        blocks += [Heading("Gate"), gate]
    if plots:
        blocks += [Heading("Plots"), *(Image(plot, f"{plot.title}: {names}") for plot in plots)]
    images = {plot.name: draw(plot) for plot in plots}
    return html.render(Document(title, tuple(blocks)), images)


def _metrics(comparisons: Sequence[Comparison]) -> Table:
    rows: list[tuple[Line, ...]] = []
    for name in dict.fromkeys(metric.name for one in comparisons for metric in one.metrics):
        found = [next((m for m in one.metrics if m.name == name), None) for one in comparisons]
        known = next(metric for metric in found if metric)
        cells = (_changed(metric) if metric else (numbers.NONE,) for metric in found)
        label = f"{name}{ARROWS[known.direction]}"
        rows.append(((Code(label),), (numbers.scalar(known.base),), *cells))
    header = ("Metric", *_columns(comparisons))
    return Table(header, tuple(rows), numeric=tuple(range(1, len(header))))


def _changed(metric: MetricChange) -> Line:
    tones: dict[str, Tone] = {"better": "good", "worse": "bad"}
    value = numbers.scalar(metric.candidate)
    if metric.noise is not None:
        value = f"{value} (noise {numbers.noise(metric.noise)})"
    if metric.within_noise:
        return (value,)
    return (Toned(value, tones[metric.effect]),) if metric.effect in tones else (value,)


def _params(comparisons: Sequence[Comparison]) -> Table:
    rows: list[tuple[Line, ...]] = []
    for name in dict.fromkeys(param.name for one in comparisons for param in one.params):
        found = [next((p for p in one.params if p.name == name), None) for one in comparisons]
        known = next(param for param in found if param)
        # A parameter that did not change is not among the changes.
        cells = (numbers.scalar(param.candidate if param else known.base) for param in found)
        rows.append(((Code(name),), (numbers.scalar(known.base),), *((cell,) for cell in cells)))
    return Table(("Parameter", *_columns(comparisons)), tuple(rows))


def _gate(comparisons: Sequence[Comparison]) -> Table:
    rows: list[tuple[Line, ...]] = [
        (
            (Code(comparison.candidate.title),),
            (check.text,),
            (Toned("passed", "good") if check.passed else Toned("failed", "bad"),),
        )
        for comparison in comparisons
        for check in comparison.verdict.checks
    ]
    return Table(("Revision", "Result", ""), tuple(rows))


def _columns(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    base = comparisons[0].base
    return (base.title if base else "base", *(comparison.candidate.title for comparison in comparisons))


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
            *((_value(entry, name),) for name in told.metrics),
        )
        for entry in told.entries
    )
    return Table(header, rows, numeric=tuple(range(3, len(header))))


def _value(entry: HistoryEntry, name: str) -> str:
    shown = numbers.scalar(entry.metrics.get(name))
    known = name in entry.metrics and name in entry.noise
    return f"{shown} {numbers.noise(entry.noise[name])}" if known else shown


def _plot(told: History) -> Plot | None:
    points = [
        {
            "order": order,
            "commit": entry.commit[:8],
            "metric": name,
            "value": value,
            **_band(entry, name, value),
        }
        for order, entry in enumerate(reversed(told.entries), 1)
        for name in told.metrics
        if _is_number(value := entry.metrics.get(name))
    ]
    return _drawing(points, told.metrics) if points else None


def _band(entry: HistoryEntry, name: str, value: float) -> dict[str, float]:
    noise = entry.noise.get(name)
    return {} if noise is None else {"low": value - noise, "high": value + noise}


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")


def _drawing(points: list[dict[str, Any]], order: tuple[str, ...]) -> Plot:
    """A row for each metric, with a scale of its own; time goes to the right. A bar is a value's noise."""
    value = {"type": "quantitative", "title": None, "scale": {"zero": False}}
    document = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": points},
        "facet": {"row": {"field": "metric", "title": None, "sort": list(order)}},
        "spec": {
            "width": 640,
            "height": 110,
            "encoding": {
                "x": {
                    "field": "commit",
                    "type": "nominal",
                    "sort": {"field": "order"},
                    "title": None,
                    "axis": {"labelAngle": -45, "labelOverlap": True},
                },
            },
            "layer": [
                {
                    "transform": [{"filter": "isValid(datum.low)"}],
                    "mark": {"type": "rule", "strokeWidth": 5, "color": "#93c5fd"},
                    "encoding": {"y": {"field": "low", **value}, "y2": {"field": "high"}},
                },
                {
                    "mark": {"type": "line", "point": {"color": "#2563eb"}, "color": "#2563eb"},
                    "encoding": {"y": {"field": "value", **value}},
                },
            ],
        },
        "resolve": {"scale": {"y": "independent"}},
    }
    return Plot(name="history", title="Metrics over commits", vega_lite=document)
