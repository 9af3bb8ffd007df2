"""Checkpoints of training."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from emel.cli import words
from emel.cli.render.tables import table
from emel.records import Checkpoint


def checkpoints(found: Sequence[Checkpoint]) -> RenderableType:
    """A row for each."""
    if not found:
        return Text("There are no checkpoints.")
    made = table("stage", "inputs", "saved (UTC)", "size", right=("size",))
    for one in found:
        saved = one.saved_at[:19].replace("T", " ")
        made.add_row(
            one.work.stage, one.work.inputs.removeprefix("sha256:")[:12], saved, words.size(one.bytes)
        )
    return made
