from __future__ import annotations

import hashlib
import re
import struct
from pathlib import Path

import pytest
from tests.fakes.results import first_run, roc_plot

from emel.errors import ResultsError
from emel.records import OwnSection, Picture, Plot
from emel.report import Known, Written, build, render, write
from emel.report.blocks import Markdown
from emel.report.pictures import draw

PNG = b"\x89PNG\r\n\x1a\n"


def report(folder: Path, *plots: Plot, own: Markdown | None = None) -> Written:
    """A report of a first run, with plots and perhaps a section of the user's own, as files."""
    section = OwnSection(name="notes", title="Notes", file="notes.md")
    comparison = first_run()
    known = Known(
        project="breast-cancer",
        comparison=comparison,
        plots=plots,
        own={"notes": (section, own)} if own else {},
    )
    return write(render(build(known), comparison), comparison.verdict, folder, {})


def test_markdown_has_its_plots_beside_it_and_html_has_them_inside(tmp_path: Path) -> None:
    written = report(tmp_path / "report", roc_plot())

    assert written.images == (tmp_path / "report/plots/roc-curve.png",)
    linked = re.findall(r"!\[.*?\]\((.+?)\)", written.markdown.read_text())
    assert [(written.markdown.parent / path) for path in linked] == list(written.images)
    assert written.html.read_text().count("data:image/png;base64,") == 1
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        "report.md", "report.html", "plots", "junit.xml", "metrics.txt", "annotations.json",
    }  # fmt: skip


def test_plots_of_any_name_get_plain_file_names_of_their_own(tmp_path: Path) -> None:
    names = ("a/b", "a b", "../../etc/x", "график", "ÄÖ")
    plots = []
    for number, name in enumerate(names):
        plot = roc_plot(name)
        plot.vega_lite["width"] = 100 + number
        plots.append(plot)
    written = report(tmp_path, *plots)

    assert [path.relative_to(tmp_path).as_posix() for path in written.images] == [
        "plots/a-b.png",
        "plots/a-b-2.png",
        "plots/etc-x.png",
        "plots/plot.png",
        "plots/plot-2.png",
    ]


def test_pictures_with_the_same_content_are_one_file(tmp_path: Path) -> None:
    one = Picture(file_name="mine.png", digest=f"sha256:{hashlib.sha256(PNG).hexdigest()}", content=PNG)
    own = Markdown(f"![a]({one.placeholder}) ![b]({one.placeholder})", (one,))
    written = report(tmp_path, roc_plot("x"), roc_plot("y"), own=own)

    assert [path.name for path in written.images] == ["x.png", "mine.png"]
    assert "![a](plots/mine.png) ![b](plots/mine.png)" in written.markdown.read_text()
    assert written.html.read_text().count("data:image/png") == 4


def test_the_same_report_again_gives_the_same_files(tmp_path: Path) -> None:
    report(tmp_path, roc_plot())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    report(tmp_path, roc_plot())

    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_a_plot_that_cannot_be_drawn_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    broken = Plot(name="ROC curve", title="ROC", vega_lite={"mark": 5, "encoding": "x"})

    with pytest.raises(ResultsError, match="`ROC curve` cannot be drawn"):
        report(tmp_path, broken)

    assert list(tmp_path.iterdir()) == []


def test_a_plot_is_sharp_on_a_screen_of_double_density() -> None:
    plot = roc_plot()
    plot.vega_lite.update(width=300, height=200)
    width, height = struct.unpack(">II", draw(plot)[16:24])

    assert width > 600 and height > 400


@pytest.mark.parametrize("schema", ["v4", "v5", "v6", "v99"])
def test_any_version_of_the_schema_is_drawn(schema: str) -> None:
    plot = roc_plot()
    plot.vega_lite["$schema"] = f"https://vega.github.io/schema/vega-lite/{schema}.json"

    assert draw(plot).startswith(b"\x89PNG")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/data.csv", "/etc/hosts", "data.csv"])
def test_a_plot_whose_data_lie_elsewhere_is_not_drawn(url: str) -> None:
    document = {**roc_plot().vega_lite, "data": {"url": url}}

    with pytest.raises(ResultsError, match="data url not allowed"):
        draw(Plot(name="x", title="x", vega_lite=document))


def test_a_plot_reads_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("x,y\n1,1\n")
    named = {**roc_plot().vega_lite, "data": {"url": (tmp_path / "secret.csv").as_uri()}}
    empty = {**roc_plot().vega_lite, "data": {"values": []}}

    drawn = [draw(Plot(name="x", title="x", vega_lite=document)) for document in (named, empty)]
    assert drawn[0] == drawn[1]
