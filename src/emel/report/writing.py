"""The report as files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from emel.report import html, markdown, pictures
from emel.report.blocks import Document
from emel.system.files import write_atomic


class Written(Struct, frozen=True, kw_only=True):
    """Where the report lies."""

    markdown: Path
    html: Path
    images: tuple[Path, ...]


def write(document: Document, folder: Path) -> Written:
    """Write `report.md` with its `plots/*.png`, and `report.html`, which holds everything itself.

    Errors: those of emel.report.pictures.draw; nothing is written then. OSError.
    """
    drawn = {image.plot.name: pictures.draw(image.plot) for image in document.images()}
    names = _file_names(tuple(drawn))
    for name, png in drawn.items():
        write_atomic(folder / names[name], png)
    write_atomic(folder / "report.md", markdown.render(document, names))
    write_atomic(folder / "report.html", html.render(document, drawn))
    return Written(
        markdown=folder / "report.md",
        html=folder / "report.html",
        images=tuple(folder / names[name] for name in drawn),
    )


def _file_names(plots: tuple[str, ...]) -> Mapping[str, str]:
    """Each plot's name → the path of its picture beside the report: plain letters, no two alike."""
    names: dict[str, str] = {}
    for plot in plots:
        stem = "-".join(re.findall(r"[a-z0-9]+", plot.lower()))[:60].strip("-") or "plot"
        number = 1
        path = f"plots/{stem}.png"
        while path in names.values():
            number += 1
            path = f"plots/{stem}-{number}.png"
        names[plot] = path
    return names
