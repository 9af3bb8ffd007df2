"""Metrics of one revision, read from their files where that is possible."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.experiments import Experiment
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.experiments import Pipeline
from emel.experiments.dvc import Dvc
from emel.experiments.history import metrics
from emel.gitrepo import GitRepo
from emel.records import Revision


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    root = tmp_path / "project"
    root.mkdir()
    return GitRepo.init(root, HermeticProcess(tmp_path / "home"))


def read(repo: GitRepo, label: str = "main", inside: str = ".") -> dict[str, object] | None:
    process = HermeticProcess(repo.root.parent / "home")
    found = metrics(Dvc(repo.root / inside, process), process, Revision(label=label, commit=repo.head()))
    return None if found is None else dict(found)


PIPELINE = "stages: {train: {cmd: x, metrics: [{metrics.json: {cache: false}}, more.toml]}}"


@pytest.mark.slow
def test_they_are_those_of_a_snapshot(history: Experiment) -> None:
    for revision in (history.revisions["main"], history.workspace()):
        whole = Pipeline(history.root, history.process).snapshot(revision)
        assert history.pipeline.metrics(revision) == whole.metrics != {}


def test_the_working_tree_may_have_others_than_the_commit(repo: GitRepo) -> None:
    commit_files(repo, "a", {"dvc.yaml": PIPELINE, "metrics.json": '{"auc": 1}', "more.toml": "auc = 2"})
    (repo.root / "metrics.json").write_text('{"auc": 3}')

    assert read(repo) == {"metrics.json:auc": 1, "more.toml:auc": 2}
    assert read(repo, "workspace") == {"metrics.json:auc": 3, "more.toml:auc": 2}


@pytest.mark.parametrize(
    "files",
    [
        {"metrics.json": "{}"},
        {"metrics.json": "{", "more.toml": ""},
        {"metrics.json": "{}", "more.toml": "", "deep/dvc.yaml": PIPELINE},
    ],
    ids=["one is missing", "one is broken", "another pipeline below"],
)
def test_dvc_is_asked_where_the_files_do_not_tell(files: dict[str, str], repo: GitRepo) -> None:
    commit_files(repo, "a", {"dvc.yaml": PIPELINE, **files})

    assert read(repo) is None
    assert read(repo, "workspace") is None


def test_a_project_below_the_top_has_its_own(repo: GitRepo) -> None:
    inside = {"sub/dvc.yaml": PIPELINE, "sub/metrics.json": '{"auc": 1}', "sub/more.toml": ""}
    commit_files(repo, "a", {**inside, "dvc.yaml": PIPELINE, "metrics.json": '{"auc": 2}'})

    assert read(repo, inside="sub") == read(repo, "workspace", inside="sub") == {"auc": 1}
