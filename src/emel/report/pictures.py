"""Vega-Lite → PNG, by vl-convert: no browser, no display, no network."""

from __future__ import annotations

import importlib
import re
from typing import Any

from emel.errors import MissingExtraError, ResultsError
from emel.records import Plot

SCALE = 2.0
"""Pixels per unit of the plot, so that it is sharp on a screen of double density."""

CONFIG = {
    "background": "#ffffff",
    "padding": 12,
    "view": {"stroke": None},
    "axis": {"gridColor": "#e7e5e4", "domainColor": "#78716c", "tickColor": "#78716c", "labelOverlap": True},
    "axisXDiscrete": {"labelAngle": 0},
    "header": {"labelFontSize": 12, "labelFontWeight": "bold"},
    "legend": {"labelFontSize": 12, "labelLimit": 240, "symbolStrokeWidth": 3},
    "title": {"fontSize": 14, "offset": 12},
}


def draw(plot: Plot) -> bytes:
    """The plot as a PNG on white, whatever the theme of the page.

    Errors: ResultsError when the document is no valid Vega-Lite; MissingExtraError without vl-convert.
    """
    engine = _engine()
    try:
        png: bytes = engine.vegalite_to_png(
            plot.vega_lite,
            vl_version=_version(plot.vega_lite, engine.get_vegalite_versions()),
            scale=SCALE,
            config=CONFIG,
            # A document may name its data by an address. A report shows what the pipeline made, and
            # fetches no data.
            allowed_base_urls=[],
        )
    except ValueError as problem:
        raise ResultsError(
            f"the plot `{plot.name}` cannot be drawn: {_reason(str(problem))}",
            hint="check its template and fields: dvc plots show",
        ) from problem
    return png


def _engine() -> Any:
    # Loaded when the first plot is drawn: 60 MB of library that a report without plots does not need, and
    # that is an extra of emel.
    try:
        return importlib.import_module("vl_convert")
    except ModuleNotFoundError as problem:
        raise MissingExtraError(
            "vl-convert, which draws plots, is not installed", hint="install it: pip install 'emel[train]'"
        ) from problem


def _reason(problem: str) -> str:
    """The line of the engine's error that says what is wrong, between its heading and its stack."""
    lines = [line.strip() for line in problem.splitlines() if not line.lstrip().startswith("at ")]
    said = [line for line in lines if line and not line.endswith("conversion failed:")]
    return said[0].removeprefix("Error: ") if said else "no reason given"


def _version(document: dict[str, Any], known: list[str]) -> str:
    """The newest engine of the major version that the document's `$schema` names, else the newest of all."""
    wanted = re.search(r"/vega-lite/v(\d+)", str(document.get("$schema", "")))
    ordered = sorted(known, key=lambda version: [int(part) for part in version.split(".")])
    fitting = [version for version in ordered if wanted and version.split(".")[0] == wanted[1]]
    return (fitting or ordered)[-1]
