"""A version made again: what is the same, what is not, and why."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.fakes.experiments import FILES
from tests.fakes.progress import Silence
from tests.fakes.repositories import HermeticProcess, commit_files
from tests.fakes.results import snapshot

from emel.config import load
from emel.errors import RegistryError
from emel.gitrepo import GitRepo
from emel.records import ModelVersion, Reproduction, Revision, Scalar
from emel.registry import register
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.reproduce import judge, reproduce

TOML = '[model]\nname = "churn"\npath = "model.txt"\nsample = "data.csv"\n'
COMMIT = "1" * 40
VERSION = ModelVersion(
    name="churn", version="v1.0.0", tag="churn@v1.0.0", commit=COMMIT, created="2026-11-22T10:00:00Z"
)


def judged(
    before: dict[str, Scalar],
    after: dict[str, Scalar],
    *,
    data: tuple[str, str] = ("md5:1", "md5:1"),
    params: dict[str, Scalar] | None = None,
    libraries: dict[str, str] | None = None,
    present: dict[str, str] | None = None,
) -> Reproduction:
    revision = Revision(label="churn@v1.0.0", commit=COMMIT)
    chosen = {"seed": 1} if params is None else params
    return judge(
        VERSION,
        snapshot(revision, before, chosen, {"model.txt": data[0]}),
        snapshot(revision, after, chosen, {"model.txt": data[1]}),
        libraries={"numpy": "2.4.0"} if libraries is None else libraries,
        present={"numpy": "2.4.0"} if present is None else present,
        tolerance=1e-3,
        environment="here",
        seconds=1.0,
    )


def test_the_same_metrics_and_digests_are_bit_equal_and_need_no_reasons() -> None:
    found = judged({"accuracy": 0.9, "auc": float("nan")}, {"accuracy": 0.9, "auc": float("nan")})

    assert (found.outcome, found.metrics, found.files, found.reasons) == ("bit-equal", (), (), ())


def test_another_model_with_close_metrics_is_within_the_tolerance() -> None:
    found = judged({"rmse": 5000.0}, {"rmse": 5001.0}, data=("md5:1", "md5:2"))

    assert found.outcome == "within-tolerance"
    assert [moved.name for moved in found.metrics_within] == ["rmse"]
    assert [(moved.name, moved.before, moved.after) for moved in found.files] == [
        ("model.txt", "md5:1", "md5:2")
    ]


@pytest.mark.parametrize("after", [{"accuracy": 0.91}, {}, {"accuracy": "good"}, {"accuracy": None}])
def test_a_metric_beyond_the_tolerance_gone_or_of_another_kind_is_different(
    after: dict[str, Scalar],
) -> None:
    found = judged({"accuracy": 0.9}, after)

    assert found.outcome == "different"
    assert [moved.name for moved in found.metrics] == ["accuracy"]


def test_other_libraries_are_the_reason() -> None:
    found = judged({"a": 1.0}, {"a": 2.0}, libraries={"numpy": "2.4.0", "torch": "2.9"})

    assert found.reasons == ("other versions of the libraries: torch 2.9 → absent",)


def test_without_a_seed_among_the_parameters_chance_is_a_reason() -> None:
    (reason,) = judged({"a": 1.0}, {"a": 2.0}, params={"depth": 3}).reasons

    assert "no parameter is named like a seed" in reason


def test_with_all_the_same_what_is_left_is_said() -> None:
    (reason,) = judged({"a": 1.0}, {"a": 2.0}).reasons

    assert reason.startswith("libraries, data and parameters are the same")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    process = HermeticProcess(tmp_path / "home")
    root = tmp_path / "project"
    root.mkdir()
    repo = GitRepo.init(root, process)
    commit_files(repo, "Add the project", {**FILES, "emel.toml": TOML})
    return Project(root, load(root / "emel.toml"), System(process, SystemHttp(), SystemClock()))


def test_a_commit_without_a_lock_says_so_and_names_the_other_way(project: Project) -> None:
    repo = project.repo()
    register(repo, name="churn", version=None, revision="HEAD")

    with pytest.raises(RegistryError, match="no lock of its libraries") as raised:
        reproduce(project, None, env={}, progress=Silence())
    assert "--here" in (raised.value.hint or "")


@pytest.mark.slow
def test_a_version_is_made_again_in_a_clean_copy_of_its_lock_with_its_data_by_digest(
    project: Project,
) -> None:
    root, repo = project.root, project.repo()
    (root / "requirements.txt").write_text("# the standard library is enough\n")
    (root / "train.py").write_text(FILES["train.py"] + "import sys; print('run by', sys.prefix)\n")
    (root / ".gitignore").write_text("/train.csv\n/model.txt\n/data.csv\n")
    repo.add()
    project.system.process.run(["git", "rm", "--quiet", "--cached", "data.csv"], cwd=root)
    add = project.system.process.run([sys.executable, "-m", "dvc", "add", "--quiet", "data.csv"], cwd=root)
    assert add.returncode == 0, add.stderr
    project.pipeline().run()
    repo.add()
    commit = repo.commit("Train with data in DVC")
    register(repo, name="churn", version=None, revision="HEAD")
    # What happened since must not matter.
    (root / "params.yaml").write_text("depth: 5\n")
    (root / "data.csv").unlink()
    cached = sorted(path for path in (root / ".dvc/cache").rglob("*") if path.is_file())

    told = Silence()
    found = reproduce(project, "v1.0.0", env={}, progress=told)

    assert (found.outcome, found.version.commit) == ("bit-equal", commit)
    assert found.environment == "a new one of requirements.txt"
    (run_by,) = (line for line in told.lines if line.startswith("run by"))
    assert run_by.endswith("/venv")
    assert (root / "params.yaml").read_text() == "depth: 5\n"
    assert sorted(path for path in (root / ".dvc/cache").rglob("*") if path.is_file()) == cached
