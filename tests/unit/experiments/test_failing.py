"""A run that failed is known until another one succeeds."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.errors import PipelineError
from emel.experiments import Pipeline
from emel.gitrepo import GitRepo
from emel.records import Revision

PROBLEM = PipelineError("stage `train` failed: `python train.py` ended with exit status 1")


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    root = tmp_path / "project"
    root.mkdir()
    made = GitRepo.init(root, HermeticProcess(tmp_path / "home"))
    commit_files(made, "Start", {"dvc.lock": "schema: 1", ".gitignore": "/.emel/"})
    return made


def pipeline_of(repo: GitRepo) -> Pipeline:
    return Pipeline(repo.root, HermeticProcess(repo.root.parent / "home"))


def here(repo: GitRepo) -> Revision:
    return Revision(label="main", commit=repo.head())


def test_what_failed_is_known_with_the_end_of_its_output(repo: GitRepo) -> None:
    lines = [f"line {number}" for number in range(60)]
    pipeline_of(repo).record_failure(repo.head(), PROBLEM, [*lines, "\x1b[31mKeyError\x1b[0m: 'x'"])

    found = pipeline_of(repo).failure(here(repo))
    assert found is not None
    assert found.message == PROBLEM.message
    assert (found.output[0], found.output[-1]) == ("line 21", "KeyError: 'x'")


def test_a_run_that_succeeds_ends_it(repo: GitRepo) -> None:
    pipeline_of(repo).record_failure(repo.head(), PROBLEM, [])
    pipeline_of(repo).forget_failure()
    pipeline_of(repo).forget_failure()

    assert pipeline_of(repo).failure(here(repo)) is None


def test_other_results_and_other_commits_have_not_failed(repo: GitRepo) -> None:
    pipeline_of(repo).record_failure(repo.head(), PROBLEM, [])
    commit_files(repo, "Mend", {"train.py": "1"})
    assert pipeline_of(repo).failure(here(repo)) is None

    pipeline_of(repo).record_failure(repo.head(), PROBLEM, [])
    (repo.root / "dvc.lock").write_text("schema: 2")
    assert pipeline_of(repo).failure(here(repo)) is None


def test_a_note_that_is_broken_is_none(repo: GitRepo) -> None:
    pipeline_of(repo).record_failure(repo.head(), PROBLEM, [])
    (repo.root / ".emel/runs/failed.json").write_text("{")

    assert pipeline_of(repo).failure(here(repo)) is None
