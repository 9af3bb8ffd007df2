"""Sweeps: what runs, what is kept when it ends early, and which cell is best."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest
from rich.console import Console
from tests.fakes.progress import Silence
from tests.fakes.repositories import MissingProgram

from emel.cli.render.sweep import sweep as rendered
from emel.config import load
from emel.errors import ResultsError
from emel.records import Scalar, SweepCell
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.system.process import SystemProcess
from emel.workflows.leaderboard import leaderboard
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.sweep import run_cells

TOML = '[model]\nname = "churn"\npath = "model.txt"\nsample = "data.csv"\n'
COMMIT = "1" * 40


def project(folder: Path, toml: str = "") -> Project:
    file = folder / "emel.toml"
    file.write_text(TOML + toml)
    return Project(folder, load(file), System(MissingProgram(), SystemHttp(), SystemClock()))


def cell(depth: int, metrics: dict[str, Scalar] | None = None) -> SweepCell:
    return SweepCell(
        commit=COMMIT,
        params=(f"depth={depth}",),
        metrics=metrics or {},
        seconds=1.0,
        error=None if metrics else "stage `train` failed",
        output=() if metrics else ("no such depth", "ERROR: failed to reproduce 'train'"),
    )


def depths(cells: tuple[SweepCell, ...]) -> list[str]:
    return [each.params[0] for each in cells]


def test_the_best_is_first_and_what_has_no_number_or_failed_is_last(tmp_path: Path) -> None:
    results = [
        cell(1),
        cell(2, {"loss": float("nan")}),
        cell(3, {"loss": 0.5}),
        cell(4, {"loss": 0.2}),
    ]
    found = leaderboard(project(tmp_path), COMMIT, results, None, ran=4)

    assert depths(found.cells) == ["depth=4", "depth=3", "depth=2", "depth=1"]
    assert (found.metric, found.direction) == ("loss", "lower")
    assert found.apply == "emel run --set depth=4"


def test_the_gates_metric_goes_before_the_first_of_the_file(tmp_path: Path) -> None:
    results = [cell(1, {"loss": 0.1, "auc": 0.6}), cell(2, {"loss": 0.2, "auc": 0.9})]
    gated = project(tmp_path, "[gate.auc]\nmin = 0.5\n")

    assert depths(leaderboard(gated, COMMIT, results, None, ran=2).cells) == ["depth=2", "depth=1"]
    assert depths(leaderboard(gated, COMMIT, results, "loss", ran=2).cells) == ["depth=1", "depth=2"]


def test_a_metric_may_be_named_by_its_last_part_where_that_is_one(tmp_path: Path) -> None:
    results = [cell(1, {"test.auc": 0.6, "test.f1": 0.1, "val.f1": 0.1})]

    assert leaderboard(project(tmp_path), COMMIT, results, "auc", ran=1).metric == "test.auc"
    with pytest.raises(ResultsError, match="several metrics"):
        leaderboard(project(tmp_path), COMMIT, results, "f1", ran=1)
    with pytest.raises(ResultsError, match="no metric of any cell"):
        leaderboard(project(tmp_path), COMMIT, results, "rmse", ran=1)


def test_a_metric_whose_direction_nobody_knows_is_refused_with_the_way_to_say_it(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="`score`") as caught:
        leaderboard(project(tmp_path), COMMIT, [cell(1, {"score": 1.0})], "score", ran=1)

    assert '"score" = "higher"' in (caught.value.hint or "")


def test_where_all_cells_failed_there_is_nothing_to_apply(tmp_path: Path) -> None:
    found = leaderboard(project(tmp_path), COMMIT, [cell(1)], "loss", ran=1)

    assert (found.metric, found.apply) == (None, None)


def test_the_leaderboard_says_why_a_cell_failed_and_how_to_apply_the_best(tmp_path: Path) -> None:
    console = Console(width=100)
    told = leaderboard(project(tmp_path), COMMIT, [cell(1), cell(2, {"loss": 0.25})], None, ran=1)
    with console.capture() as captured:
        console.print(rendered(told))
    lines = captured.get().splitlines()

    assert lines[0].split() == ["depth", "loss", "↓", "seconds"]
    assert lines[2].split() == ["1", "2", "0.25", "1.0"]
    assert lines[3].split() == ["2", "1", "FAILED", "1.0"]
    assert "depth=1: stage `train` failed: no such depth" in lines
    assert "commit 11111111; ran now: 1, kept from before: 1" in lines
    assert lines[-1] == "apply the best: emel run --set depth=2"


def test_an_error_in_one_cell_ends_the_programs_of_the_others(tmp_path: Path) -> None:
    process = SystemProcess()
    begun = threading.Event()

    def run(params: tuple[str, ...]) -> SweepCell:
        if params == ("depth=1",):
            waiting = "print('begun', flush=True); import time; time.sleep(600)"
            process.run([sys.executable, "-c", waiting], on_line=lambda _: begun.set())
        begun.wait(60)
        raise ResultsError("the data are not there")

    with pytest.raises(ResultsError, match="the data are not there"):
        run_cells([("depth=1",), ("depth=2",)], run, process, 2, Silence())
    with pytest.raises(InterruptedError):
        process.run([sys.executable, "-c", ""])
