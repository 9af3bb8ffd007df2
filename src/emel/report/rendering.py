"""A document as text, page and pictures, ready to be written or published."""

from __future__ import annotations

import hashlib

from emel.records import Comparison, Picture, RenderedReport, Scalar
from emel.report import html, markdown, pictures
from emel.report.blocks import Document
from emel.report.names import file_name


def render(document: Document, comparison: Comparison) -> RenderedReport:
    """The report with its plots drawn. Errors: those of emel.report.pictures.draw."""
    present = (change for change in comparison.metrics if change.effect != "gone")
    return render_alone(
        document,
        commit=comparison.candidate.commit,
        metrics={change.name: change.candidate for change in present},
        passed=comparison.verdict.passed if comparison.verdict.checks else None,
    )


def render_alone(
    document: Document, *, commit: str, metrics: dict[str, Scalar], passed: bool | None = None
) -> RenderedReport:
    """The same for a document that compares nothing. `metrics` are told by the next run as this one's."""
    drawn = {image.plot.name: pictures.draw(image.plot) for image in document.images()}
    taken: dict[str, Picture] = {}
    placeholders = {name: _keep(taken, png, f"{name}.png").placeholder for name, png in drawn.items()}
    for picture in document.own_pictures():
        _keep(taken, picture.content, picture.file_name)
    return RenderedReport(
        headline=document.headline,
        passed=passed,
        commit=commit,
        metrics=metrics,
        parts=markdown.parts(document, placeholders),
        pictures=tuple(taken.values()),
        html=html.render(document, drawn),
    )


def _keep(taken: dict[str, Picture], content: bytes, name: str) -> Picture:
    """The picture under a name of its own; one with the same content is the same."""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if digest not in taken:
        stem, _, ending = name.rpartition(".")
        names = {picture.file_name for picture in taken.values()}
        taken[digest] = Picture(file_name=file_name(stem, ending, names), digest=digest, content=content)
    return taken[digest]
