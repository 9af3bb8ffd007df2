"""The one look of all tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text


def table(*headings: str, right: Sequence[str] = ()) -> Table:
    """A table with plain lines; the columns named in `right` are aligned to the right."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in headings:
        made.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    return made


def facts(*pairs: tuple[str, str]) -> Table:
    """Names and values, one pair a line."""
    made = Table(box=None, show_header=False, pad_edge=False)
    made.add_column(style="bold")
    made.add_column(overflow="fold")
    for name, value in pairs:
        made.add_row(name, Text(value))
    return made


def passed(ok: bool) -> Text:
    """The outcome of a check, readable without colour."""
    return Text("passed", style="green") if ok else Text("FAILED", style="bold red")
