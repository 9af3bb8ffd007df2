"""What all tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.repositories import HermeticProcess

from emel.gitrepo import GitRepo

# A test that searches is judged by what it finds: on a busy machine an example takes as long as it takes.
settings.register_profile("emel", deadline=None)
settings.load_profile("emel")

# A shell that starts the tests in the background has them ignore Ctrl-C, `nohup` the end of a terminal; so
# would all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden() -> Callable[[str, str], str]:
    """What the golden file of a text holds. `EMEL_UPDATE_GOLDEN=1 pytest …` writes the text there first."""

    def held(name: str, text: str) -> str:
        file = GOLDEN / name
        if os.environ.get("EMEL_UPDATE_GOLDEN"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        return file.read_text("utf-8")

    return held


@pytest.fixture
def gitlab() -> Iterator[FakeGitLab]:
    with FakeGitLab() as fake:
        yield fake


@pytest.fixture
def process(tmp_path: Path) -> HermeticProcess:
    return HermeticProcess(tmp_path / "home")


@pytest.fixture
def repo(tmp_path: Path, process: HermeticProcess) -> GitRepo:
    """A repository without any commit, on `main`."""
    folder = tmp_path / "project"
    folder.mkdir()
    return GitRepo.init(folder, process)
