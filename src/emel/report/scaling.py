"""A simulation as a picture: traffic, instances, latency and bill over the same time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emel.records import Plot, Simulation
from emel.report import pictures

WIDTH, HEIGHT = 640, 110
UNITS = ((2 * 86400.0, 86400.0, "days"), (2 * 3600.0, 3600.0, "hours"), (120.0, 60.0, "minutes"))
COLOURS = ("#1f5fbf", "#b3261e", "#8a5300")


def draw_simulation(result: Simulation) -> bytes:
    """The simulation as a PNG. Errors: MissingExtraError without vl-convert."""
    return pictures.draw(scaling_plot(result))


def scaling_plot(result: Simulation) -> Plot:
    """Five charts, one below the other."""
    scale, unit = next(
        ((scale, unit) for least, scale, unit in UNITS if result.seconds >= least), (1.0, "seconds")
    )
    span = result.seconds / len(result.points)
    rows = [
        {
            "time": (point.seconds - span) / scale,
            "requests": point.requests / span,
            "refused": point.refused / span,
            "cold starts": point.cold_starts,
            "instances": point.instances,
            "waiting": point.waiting,
            "p95": None if point.p95_seconds is None else point.p95_seconds * 1000,
            "bill": point.billed_gb_seconds if point.cost is None else point.cost,
        }
        for point in result.points
    ]
    bill = "billed, GB·s" if result.currency is None else f"bill, {result.currency}"
    title = f"{result.pattern} on {result.cloud}, {result.settings.memory} MB"
    charts = (
        _chart("requests a second", ("requests", "refused"), unit),
        _chart("instances and queue", ("instances", "waiting"), unit),
        _chart("cold starts", ("cold starts",), unit),
        _chart("p95, ms", ("p95",), unit),
        _chart(bill, ("bill",), unit),
    )
    document = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": title,
        "data": {"values": rows},
        "vconcat": list(charts),
        "resolve": {"scale": {"color": "independent"}},
    }
    return Plot(name="simulation", title=title, vega_lite=document)


def _chart(title: str, names: Sequence[str], unit: str) -> dict[str, Any]:
    legend = {"title": None} if len(names) > 1 else None
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "transform": [{"fold": list(names), "as": ["series", "value"]}],
        # A span between two without an answer has no line to it, so it needs a point.
        "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2, "point": {"size": 14}},
        "encoding": {
            "x": {"field": "time", "type": "quantitative", "title": unit, "scale": {"nice": False}},
            "y": {"field": "value", "type": "quantitative", "title": title},
            "color": {
                "field": "series",
                "type": "nominal",
                "sort": list(names),
                "scale": {"domain": list(names), "range": list(COLOURS[: len(names)])},
                "legend": legend,
            },
        },
    }
