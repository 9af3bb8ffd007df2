"""The example's repository, trained once per test process with the real tools, and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.command import Emel, processes_of

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "breast-cancer"


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the logistic regression trained and committed on `main`. Not to be changed."""
    folder = tmp_path_factory.mktemp("trained") / "repository"
    shutil.copytree(EXAMPLE, folder)
    emel = Emel(folder, folder.parent / "home")
    emel.git("init", "--quiet", "--initial-branch=main")
    emel.git("add", ".")
    emel.git("commit", "--quiet", "-m", "Add the project")
    done = emel("run")
    assert done.returncode == 0, done.stderr
    emel.git("add", ".")
    emel.git("commit", "--quiet", "-m", "Train")
    return folder


@pytest.fixture
def emel(trained: Path, tmp_path: Path) -> Iterator[Emel]:
    """The command in a copy of the trained repository, with a platform on a free port, ended afterwards."""
    folder = tmp_path / "repository"
    shutil.copytree(trained, folder, symlinks=True)
    command = Emel(folder, tmp_path / "home")
    command.env["EMEL_LOCAL_PORT"] = "0"
    yield command
    if (folder / ".emel" / "local").is_dir():
        command("serve", "--stop")
    assert processes_of(folder) == []
