"""The report as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from emel.records import RenderedReport, Verdict
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
    images = {picture.digest: f"plots/{picture.file_name}" for picture in report.pictures}
    for picture in report.pictures:
        write_atomic(folder / images[picture.digest], picture.content)
    write_atomic(folder / "report.md", report.markdown(images))
    write_atomic(folder / "report.html", report.html)
    write_atomic(folder / "junit.xml", junit_xml(verdict, failure))
    write_atomic(folder / "metrics.txt", open_metrics(report.metrics))
    write_atomic(folder / "annotations.json", annotations_json(links))
    return Written(
        markdown=folder / "report.md",
        html=folder / "report.html",
        images=tuple(folder / path for path in images.values()),
        junit=folder / "junit.xml",
        metrics=folder / "metrics.txt",
        annotations=folder / "annotations.json",
    )
