"""The hidden line of a sticky comment: small, harmless, and read back as it was written."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emel.forge import marker
from emel.forge.marker import LARGEST, State
from emel.records.forges import ReportRun

PLACE = "7 merge_request 3"
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def run(commit: str, pipeline: int | None = None, **metrics: float) -> ReportRun:
    return ReportRun(commit=commit, pipeline=pipeline, passed=True, metrics=metrics)


def written(state: State, key: str = "report") -> str:
    return marker.line(key, marker.pack(state), "ab" * 16)


@given(st.text(), st.dictionaries(st.text(), FINITE | st.text() | st.booleans()))
def test_nothing_in_it_can_end_the_comment_that_hides_it(key: str, metrics: dict[str, object]) -> None:
    said = ReportRun(commit=key, pipeline=1, passed=None, metrics=metrics)  # type: ignore[arg-type]
    line = written(State(runs=(said,)), key=key)
    inner = line.removeprefix("<!--").removesuffix("-->")

    assert line.isascii() and line.isprintable()
    assert ">" not in inner and "--" not in inner
    found = marker.read(f"{line}\nreport", key, PLACE)
    assert found is not None
    assert found.state.runs == (said,)


def test_a_metric_that_is_no_number_is_remembered_as_missing() -> None:
    state = State().with_run(run("a", 1, loss=float("nan"), perplexity=float("inf")))
    found = marker.read(written(state), "report", PLACE)
    assert found is not None
    assert found.state.runs[0].metrics == {"loss": None, "perplexity": None}


def test_a_comment_with_another_key_is_not_ours() -> None:
    assert marker.read(written(State()), "report of another job", PLACE) is None


@pytest.mark.parametrize("body", ["", "a comment", " <!-- emel:sticky -->", "> " + written(State())])
def test_a_comment_without_the_line_at_its_beginning_is_not_ours(body: str) -> None:
    assert marker.read(body, "report", PLACE) is None


@pytest.mark.parametrize(
    "data", ["", "AAAA", "===", base64.b64encode(zlib.compress(b'{"images": 3}')).decode()]
)
def test_damaged_data_is_an_empty_state(data: str) -> None:
    found = marker.read(marker.line("report", data, ""), "report", PLACE)
    assert found is not None
    assert found.state == State()


def test_data_of_a_later_version_is_an_empty_state() -> None:
    line = written(State(images={"sha256:1": "/uploads/1/a.png"})).replace("sticky 1", "sticky 2")
    found = marker.read(line, "report", PLACE)
    assert found is not None
    assert found.state == State()


def test_what_is_no_address_of_an_upload_is_forgotten() -> None:
    good = "/uploads/" + "0" * 32 + "/roc-curve.png"
    bad = [
        "x",
        "/uploads/1",
        "/uploads/1/a) @ada (b.png",
        "/uploads/../../x",
        "https://a.test/uploads/1/a.png",
    ]
    images = {str(number): url for number, url in enumerate([good, *bad])}
    found = marker.read(written(State(images=images, stale=(good, *bad))), "report", PLACE)
    assert found is not None
    assert (found.state.images, found.state.stale) == ({"0": good}, (good,))


def test_a_bomb_is_not_unpacked() -> None:
    bomb = base64.b64encode(zlib.compress(b'{"stale": [' + b" " * (8 * LARGEST) + b"]}", 9)).decode()
    found = marker.read(marker.line("report", bomb, ""), "report", PLACE)
    assert found is not None
    assert found.state == State()


def test_the_last_ten_runs_are_kept_in_the_order_of_their_pipelines() -> None:
    state = State()
    for pipeline in (3, 1, 2, *range(4, 14)):
        state = state.with_run(run(f"c{pipeline}", pipeline))
    assert [each.pipeline for each in state.runs] == list(range(4, 14))


@pytest.mark.parametrize(("first", "second", "kept"), [(1, 1, 0.6), (1, 2, 0.6), (2, 1, 0.5)])
def test_of_a_commit_that_runs_again_the_newest_pipeline_counts(first: int, second: int, kept: float) -> None:
    state = State().with_run(run("a", first, accuracy=0.5)).with_run(run("a", second, accuracy=kept))
    assert [each.metrics for each in state.runs] == [{"accuracy": kept}]


def test_ten_runs_of_two_hundred_metrics_stay_small() -> None:
    state = State()
    for pipeline in range(10):
        metrics = {f"class_{number}.f1_score": 1 / (number + pipeline + 1) for number in range(200)}
        state = state.with_run(run(f"{pipeline:040x}", pipeline, **metrics))
    assert len(written(state)) < 20_000
