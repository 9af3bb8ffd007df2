"""Metrics over commits."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from emel.cli import words
from emel.cli.render.experiments import ARROWS
from emel.cli.render.tables import table
from emel.records import History, HistoryEntry

BARS = "▁▂▃▄▅▆▇█"
SUBJECT = 40


def history(told: History) -> RenderableType:
    """A row for each commit, and under them how each metric went."""
    if not told.entries:
        return Text("no commit has metrics in Git; give the file `cache: false` in dvc.yaml and commit it")
    right = [f"{name} {ARROWS[told.directions[name]]}".strip() for name in told.metrics]
    made = table("commit", "date", "subject", *right, right=right)
    for entry in told.entries:
        values = (_value(entry, name) for name in told.metrics)
        made.add_row(entry.commit[:8], entry.created[:10], _short(entry.subject), *values)
    lines = [line for name in told.metrics if (line := _line(told, name))]
    return Group(made, Text(""), *lines)


def sparkline(values: Sequence[float | None]) -> str:
    """One bar for each value, the lowest of them the shortest; a blank where there is none."""
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    step = (high - low) / (len(BARS) - 1) or 1.0
    return "".join(" " if value is None else BARS[round((value - low) / step)] for value in values)


def _value(entry: HistoryEntry, name: str) -> str:
    shown = words.scalar(entry.metrics.get(name))
    noise = entry.noise.get(name) if name in entry.metrics else None
    return shown if noise is None else f"{shown} ±{noise:.2g}"


def _line(told: History, name: str) -> Text | None:
    values = [_number(entry.metrics.get(name)) for entry in reversed(told.entries)]
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    return Text(f"{name}  {sparkline(values)}  {words.scalar(known[0])} → {words.scalar(known[-1])}")


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def _short(subject: str) -> str:
    return subject if len(subject) <= SUBJECT else f"{subject[: SUBJECT - 1]}…"
