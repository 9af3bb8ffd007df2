"""What `emel run` says before it begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.experiments import FILES
from tests.fakes.progress import Silence
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.config import load
from emel.errors import RepositoryError
from emel.gitrepo import GitRepo
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.run import run

MODEL = '[model]\nname = "churn"\npath = "model.txt"\nsample = "data.csv"\n[compare]\nbase = "trunk"\n'


def test_a_base_that_is_not_there_is_told_before_anything_runs(tmp_path: Path) -> None:
    process = HermeticProcess(tmp_path / "home")
    root = tmp_path / "project"
    root.mkdir()
    commit_files(GitRepo.init(root, process), "Start", {**FILES, "emel.toml": MODEL})
    told = Silence()

    with pytest.raises(RepositoryError, match="no branch `trunk`"):
        run(
            Project(root, load(root / "emel.toml"), System(process, SystemHttp(env={}), SystemClock())),
            progress=told,
        )
    assert (told.steps, told.lines) == ([], [])
