"""How far the metrics of repeated runs lie apart."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from emel.cli import words
from emel.cli.render.tables import table
from emel.records import Comparison, Noise


def noise(measured: Noise, compared: Comparison) -> RenderableType:
    """A row for each metric: mean, standard deviation, and the difference that chance alone explains."""
    bands = {change.name: change.noise for change in compared.metrics}
    numbers = ("mean", "std", "noise")
    made = table("repeated", *numbers, "values", right=numbers)
    for name, metric in measured.metrics.items():
        band = bands.get(name)
        made.add_row(
            name,
            words.scalar(metric.mean),
            f"{metric.std:.2g}",
            "–" if band is None else f"±{band:.2g}",
            " ".join(words.scalar(value) for value in metric.values),
        )
    seeds = "; ".join(f"{name} {' '.join(map(str, values))}" for name, values in measured.seeds.items())
    how = f"with {seeds}" if seeds else "all with the same parameters: no parameter is a seed"
    return Group(made, Text(how), Text(""))
