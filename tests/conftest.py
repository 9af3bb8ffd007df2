"""What all tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.fakes.command import is_kept
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.repositories import HermeticProcess

from emel.gitrepo import GitRepo

# A test that searches is judged by what it finds: on a busy machine an example takes as long as it takes. It
# finds the same each time; `pytest --hypothesis-profile=search` looks elsewhere.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("emel", PATIENT, derandomize=True)
settings.register_profile("search", PATIENT)
settings.load_profile("emel")

# A shell that starts the tests in the background has them ignore Ctrl-C, `nohup` the end of a terminal; so
# would all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

GOLDEN = Path(__file__).parent / "golden"

OWN = ("HOME", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH", "EMEL_UPDATE_GOLDEN")


def forget_who_runs_them() -> None:
    """A job of a CI, one who is signed in to a cloud, one with settings of Git, or who likes colours."""
    for name in list(os.environ):
        if not (is_kept(name) or name in OWN or name.startswith("PYTEST_")):
            del os.environ[name]
    os.environ.update(
        GIT_CONFIG_GLOBAL=os.devnull,
        GIT_CONFIG_NOSYSTEM="1",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        # Without a login boto3 would ask the machine's own cloud for one.
        AWS_EC2_METADATA_DISABLED="true",
    )
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1", "localhost")))
    os.umask(0o022)


forget_who_runs_them()


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
