"""An estimate as a picture: the bill of a month over the calls, function against machines."""

from __future__ import annotations

from typing import Any

from emel.records import Estimate, Plot
from emel.report import html, numbers
from emel.report.blocks import Document, Heading, Image, Paragraph, Table
from emel.report.pictures import draw

WIDTH, HEIGHT = 640, 340
COLOURS = ("#1f5fbf", "#b3261e", "#8a5300", "#3f7d20")
LEAST = 0.001
"""Of the machine's price: what is below is not drawn, as a scale of powers has no zero."""


def cost_png(result: Estimate) -> bytes:
    """The picture. Errors: MissingExtraError without vl-convert."""
    return draw(cost_plot(result))


def cost_page(project: str, result: Estimate) -> str:
    """One HTML page that holds everything itself: the picture, then the memory classes."""
    plot = cost_plot(result)
    title = f"{project}: what predictions cost"
    told = (
        f"{result.cloud}, prices of {result.prices_of} ({result.currency}; {result.source}). "
        "Times are projected from the processor time measured with the bundle."
    )
    image = Image(plot, "cost of a month over calls a month, function and machines")
    blocks = (Heading(title), Paragraph((told,)), image, Heading("Memory classes"), _classes(result))
    return html.render(Document(title, blocks), {plot.name: draw(plot)})


def cost_plot(result: Estimate) -> Plot:
    """Both axes in powers of ten. Where the function costs next to nothing, its curve is not drawn."""
    curves = {
        f"function, {curve.memory} MB": [(point.calls_per_month, point.per_month) for point in curve.points]
        for curve in result.curves
    }
    span = [point.calls_per_month for point in result.curves[0].points]
    machines = [machine for machine in (result.vm, result.preemptible) if machine]
    lines = curves | {
        machine.name: [(calls, machine.per_month) for calls in (span[0], span[-1])] for machine in machines
    }
    least = result.vm.per_month * LEAST
    values = [
        {"calls": calls, "price": price, "what": what}
        for what, points in lines.items()
        for calls, price in points
        if price > 0 and price >= least
    ]
    title = f"A month on {result.cloud}, prices of {result.prices_of}"
    return Plot(name="cost", title=title, vega_lite=_drawing(title, values, list(lines), result.currency))


def _drawing(title: str, values: list[dict[str, Any]], names: list[str], currency: str) -> dict[str, Any]:
    def axis(field: str, text: str) -> dict[str, Any]:
        # Powers of ten alone have a label: 10k, 100k, 1M.
        labels = {"format": "~s", "tickCount": 6}
        scale = {"type": "log", "nice": False}
        return {"field": field, "type": "quantitative", "scale": scale, "title": text, "axis": labels}

    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": title,
        "width": WIDTH,
        "height": HEIGHT,
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {
            "x": axis("calls", "calls a month"),
            "y": axis("price", f"{currency} a month"),
            "color": {
                "field": "what",
                "type": "nominal",
                "sort": names,
                "scale": {"domain": names, "range": list(COLOURS[: len(names)])},
                "legend": {"title": None, "orient": "bottom", "columns": 2},
            },
        },
    }


def _classes(result: Estimate) -> Table:
    header = ("Memory", "One call", "Billed as", "Cold start", "A million calls", "")
    rows = tuple(
        (
            (f"{one.memory} MB",),
            (numbers.seconds(one.seconds_per_call),),
            (numbers.seconds(one.billed_seconds_per_call),),
            (numbers.seconds(one.projected_cold_start_seconds),),
            (numbers.money(one.per_million_calls, result.currency),),
            (one.refused or ("cheapest" if one.memory == result.cheapest_memory else ""),),
        )
        for one in result.classes
    )
    return Table(header, rows, numeric=(0, 1, 2, 3, 4))
