"""The report as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from emel.records import Picture, RenderedReport, Verdict
from emel.report.artifacts import annotations_json, junit_xml, open_metrics
from emel.system.files import write_atomic


class Written(Struct, frozen=True, kw_only=True):
    """Where the report lies."""

    markdown: Path
    html: Path
    images: tuple[Path, ...]
    junit: Path
    metrics: Path
    annotations: Path


def write(
    report: RenderedReport,
    verdict: Verdict,
    folder: Path,
    links: Mapping[str, str],
    failure: str | None = None,
) -> Written:
    """Write `report.md` with its `plots/*`, and `report.html`, which holds everything itself; and for GitLab
    `junit.xml`, `metrics.txt` and `annotations.json`, which has the `links`. `failure` is why
    the pipeline failed, if it did. Errors: OSError.
    """
    markdown, html = write_alone(report, folder, "report")
    write_atomic(folder / "junit.xml", junit_xml(verdict, failure))
    write_atomic(folder / "metrics.txt", open_metrics(report.metrics))
    write_atomic(folder / "annotations.json", annotations_json(links))
    return Written(
        markdown=markdown,
        html=html,
        images=tuple(folder / _place(picture) for picture in report.pictures),
        junit=folder / "junit.xml",
        metrics=folder / "metrics.txt",
        annotations=folder / "annotations.json",
    )


def write_alone(report: RenderedReport, folder: Path, name: str) -> tuple[Path, Path]:
    """Write `NAME.md` with its `plots/*`, and `NAME.html`; return both. Errors: OSError."""
    for picture in report.pictures:
        write_atomic(folder / _place(picture), picture.content)
    markdown, html = folder / f"{name}.md", folder / f"{name}.html"
    write_atomic(markdown, report.markdown({picture.digest: _place(picture) for picture in report.pictures}))
    write_atomic(html, report.html)
    return markdown, html


def _place(picture: Picture) -> str:
    return f"plots/{picture.file_name}"
