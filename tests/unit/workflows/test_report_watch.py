"""Waiting for results to change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes.clock import ManualClock
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.config import load
from emel.gitrepo import GitRepo
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.report_watch import state_of, wait_for_change

TOML = '[model]\nname = "churn"\npath = "model.joblib"\nsample = "sample.csv"\n'


class ScriptedClock(ManualClock):
    """Does one thing at each wait, as somebody else would meanwhile; past the last it is a bug to wait on."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        super().__init__()
        self._steps = list(steps)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._steps.pop(0)()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    repo = GitRepo.init(folder, HermeticProcess(tmp_path / "home"))
    commit_files(repo, "first", {"emel.toml": TOML, "metrics.json": "1", ".gitignore": "/cache\n"})
    return folder


def project(root: Path, *steps: Callable[[], object]) -> Project:
    system = System(HermeticProcess(root.parent / "home"), SystemHttp(), ScriptedClock(*steps))
    return Project(root, load(root / "emel.toml"), system)


def nothing() -> None: ...


def test_a_change_is_told_once_it_has_settled(root: Path) -> None:
    made = project(
        root,
        nothing,
        lambda: (root / "metrics.json").write_text("12"),
        lambda: (root / "new.csv").write_text("x"),
        nothing,
    )

    assert wait_for_change(made, root / "public", state_of(made, root / "public")) == (
        "metrics.json",
        "new.csv",
    )


def test_a_file_that_is_gone_is_a_change(root: Path) -> None:
    made = project(root, (root / "metrics.json").unlink, nothing)

    assert wait_for_change(made, root / "public", state_of(made, root / "public")) == ("metrics.json",)


def test_the_report_itself_and_what_git_ignores_are_no_change(root: Path) -> None:
    made = project(root)
    before = state_of(made, root / "public")
    (root / "public").mkdir()
    (root / "public/report.md").write_text("x")
    (root / "cache").write_text("x")
    made.claim_state()

    assert state_of(made, root / "public") == before


def test_what_changed_while_the_report_was_written_is_seen(root: Path) -> None:
    made = project(root, nothing)
    before = state_of(made, root / "public")
    (root / "metrics.json").write_text("123")

    assert wait_for_change(made, root / "public", before) == ("metrics.json",)
