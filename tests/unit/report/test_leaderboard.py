"""The cells of a sweep, in a report and alone."""

from __future__ import annotations

import json

from msgspec import structs
from tests.fakes.results import swept

from emel.records import Sweep
from emel.report.blocks import CodeBlock, Details, Document, Image, Paragraph, Table
from emel.report.leaderboard import leaderboard_document
from emel.report.pictures import draw


def image(document: Document) -> Image:
    return next(block for block in document.blocks if isinstance(block, Image))


def test_the_best_rows_are_shown_and_the_others_folded() -> None:
    document = leaderboard_document("churn", swept())
    shown = next(block for block in document.blocks if isinstance(block, Table))
    folded = next(block for block in document.blocks if isinstance(block, Details))

    assert document.headline == "churn: 12 cells of a sweep"
    assert shown.header == ("", "depth", "data/params.yaml:layers", "accuracy ↑", "Time")
    assert len(shown.rows) == 10
    assert folded.summary == "2 more cells"
    assert any(
        isinstance(block, CodeBlock) and "emel run --set depth=1" in block.text for block in document.blocks
    )


def test_each_parameter_with_several_values_has_its_picture() -> None:
    document = image(leaderboard_document("churn", swept())).plot.vega_lite
    depth, layers = document["hconcat"]

    # As text and in the order of their numbers: 10 would stand before 2.
    assert depth["encoding"]["x"]["sort"] == ["1", "2", "3", "4", "5", "6"]
    assert [point["best"] for point in depth["data"]["values"]].count(True) == 1
    # A name of the user is a title, and never a field: dots and brackets in fields are paths.
    assert layers["encoding"]["x"]["title"] == "data/params.yaml:layers"
    assert "layers" not in json.dumps(layers["data"])
    assert draw(image(leaderboard_document("churn", swept())).plot).startswith(b"\x89PNG")


def test_where_all_failed_there_is_no_picture_and_nothing_to_apply() -> None:
    cells = tuple(structs.replace(cell, metrics={}, error="no") for cell in swept().cells)
    nothing = Sweep(commit="1" * 40, metric=None, direction=None, cells=cells, ran=12, apply=None)
    blocks = leaderboard_document("churn", nothing).blocks

    assert not any(isinstance(block, Image | CodeBlock) for block in blocks)
    assert any(isinstance(block, Paragraph) and "12 failed" in str(block.line) for block in blocks)
