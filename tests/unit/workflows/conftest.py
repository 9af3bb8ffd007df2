from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.repositories import HermeticProcess

from emel.gitrepo import GitRepo


@pytest.fixture
def process(tmp_path: Path) -> HermeticProcess:
    return HermeticProcess(tmp_path / "home")


@pytest.fixture
def repo(tmp_path: Path, process: HermeticProcess) -> GitRepo:
    """A repository without any commit, on `main`."""
    folder = tmp_path / "project"
    folder.mkdir()
    return GitRepo.init(folder, process)
