"""Endpoints of merge requests."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from emel.cli import words
from emel.cli.render.tables import table
from emel.records import PreviewEndpoint, PreviewStop


def previews(found: Sequence[PreviewEndpoint]) -> RenderableType:
    """All of them, with the state of the merge request where that was asked."""
    if not found:
        return Text("there is no preview; `emel preview start` makes one")
    asked = any(preview.state for preview in found)
    made = table("preview", "version", "model", "created", *(["merge request"] if asked else []), "address")
    for preview in found:
        made.add_row(
            preview.tag,
            str(preview.version.number),
            preview.version.model_version,
            words.moment(preview.version.created),
            *([preview.state or "unknown"] if asked else []),
            preview.url or "nothing answers now",
        )
    return made


def preview_stop(stopped: PreviewStop) -> RenderableType:
    """A preview that was taken away, or was not there."""
    if stopped.version is None:
        return Text(f"there is no preview {stopped.tag}")
    return Text(f"{stopped.tag} is removed; it answered with version {stopped.version}")


def pruned(removed: Sequence[PreviewEndpoint], *, kept: int) -> RenderableType:
    """What was removed, and how many previews are left."""
    named = ", ".join(f"{preview.tag} ({preview.state})" for preview in removed) or "none"
    return Text(f"removed: {named}; {kept} left")
