from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from tests.fakes.results import first_run, roc_plot

from emel.errors import ResultsError
from emel.records import Plot
from emel.report import Document, build, write
from emel.report.pictures import draw


def with_plots(*plots: Plot) -> Document:
    return build(
        "breast-cancer",
        first_run(),
        plots=plots,
        candidate_bundle=None,
        base_bundle=None,
        estimate=None,
        shadow=None,
        endpoint=None,
    )


def test_markdown_has_its_plots_beside_it_and_html_has_them_inside(tmp_path: Path) -> None:
    written = write(with_plots(roc_plot()), tmp_path / "report")

    assert written.images == (tmp_path / "report/plots/roc-curve.png",)
    linked = re.findall(r"!\[.*?\]\((.+?)\)", written.markdown.read_text())
    assert [(written.markdown.parent / path) for path in linked] == list(written.images)
    assert written.html.read_text().count("data:image/png;base64,") == 1
    assert {path.name for path in (tmp_path / "report").iterdir()} == {"report.md", "report.html", "plots"}


def test_plots_of_any_name_get_plain_file_names_of_their_own(tmp_path: Path) -> None:
    names = ("a/b", "a b", "../../etc/x", "график", "ÄÖ")
    written = write(with_plots(*(roc_plot(name) for name in names)), tmp_path)

    assert [path.relative_to(tmp_path).as_posix() for path in written.images] == [
        "plots/a-b.png",
        "plots/a-b-2.png",
        "plots/etc-x.png",
        "plots/plot.png",
        "plots/plot-2.png",
    ]


def test_the_same_report_again_gives_the_same_files(tmp_path: Path) -> None:
    first = write(with_plots(roc_plot()), tmp_path)
    before = [file.read_bytes() for file in (first.markdown, first.html, *first.images)]
    again = write(with_plots(roc_plot()), tmp_path)

    assert again == first
    assert [file.read_bytes() for file in (again.markdown, again.html, *again.images)] == before


def test_a_plot_that_cannot_be_drawn_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    broken = Plot(name="ROC curve", title="ROC", vega_lite={"mark": 5, "encoding": "x"})

    with pytest.raises(ResultsError, match="`ROC curve` cannot be drawn"):
        write(with_plots(broken), tmp_path)

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
