"""Which revision is meant, and with what it is compared: the tables of docs/concepts/experiment-loop.md."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.config import load
from emel.errors import RepositoryError
from emel.gitrepo import GitRepo
from emel.records import Revision
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.revisions import base_revision, candidate_revision

PIPELINE = """
stages:
  train:
    cmd: python train.py
    wdir: .
    outs: [model.joblib, {plots/: {cache: false}}]
    metrics: [{./metrics.json: {cache: false}}]
    deps: [seen.csv]
metrics: [own.toml, {more.toml: {cache: false}}]
plots: [{ROC: {x: fpr, y: {roc.csv: tpr}}}, seen.csv]
"""
TOML = '[model]\nname = "churn"\npath = "model.joblib"\nsample = "sample.csv"\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    process = HermeticProcess(tmp_path / "home")
    root = tmp_path / "repository"
    root.mkdir()
    repo = GitRepo.init(root, process)
    commit_files(repo, "first", {"emel.toml": TOML, "code.py": "1"})
    return Project(root, load(root / "emel.toml"), System(process, SystemHttp(), SystemClock()))


def head(project: Project) -> str:
    return project.repo().head()


def test_a_clean_tree_is_the_commit_of_its_branch(project):
    assert candidate_revision(project) == Revision(label="main", commit=head(project))


def test_a_changed_tree_names_its_changes(project):
    (project.root / "code.py").write_text("2")
    (project.root / "новый.txt").write_text("new")

    found = candidate_revision(project)

    assert found == Revision(label="workspace", commit=head(project), changes=("code.py", "новый.txt"))


def test_what_the_pipeline_writes_is_no_edit(project):
    commit_files(project.repo(), "a pipeline", {"dvc.yaml": PIPELINE})
    told = ("metrics.json", "own.toml", "plots/a.csv", "roc.csv")
    for name in ("dvc.lock", "emel.noise.json", "model.joblib", *told):
        path = project.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("1")

    found = candidate_revision(project)

    assert (found.label, len(found.changes), found.edits) == ("workspace", 7, ())
    assert found.title == head(project)[:8]


def test_a_file_that_no_stage_writes_is_an_edit_among_results(project):
    commit_files(project.repo(), "a pipeline", {"dvc.yaml": PIPELINE})
    for name in ("metrics.json", "code.py", "metrics.json.bak", "seen.csv"):
        (project.root / name).write_text("2")

    found = candidate_revision(project)

    assert found.edits == ("code.py", "metrics.json.bak", "seen.csv")
    assert found.title == "working tree"


def test_results_of_a_project_in_a_folder_are_its_own(project):
    folder = project.root / "churn"
    commit_files(project.repo(), "a project", {"churn/emel.toml": TOML, "churn/dvc.yaml": PIPELINE})
    inner = Project(folder, load(folder / "emel.toml"), project.system)
    (folder / "model.joblib").write_text("1")
    (project.root / "model.joblib").write_text("1")

    assert candidate_revision(inner).edits == ("model.joblib",)


def test_a_pipeline_that_nobody_can_read_writes_nothing(project):
    (project.root / "dvc.yaml").write_text("stages: [")

    assert candidate_revision(project).edits == ("dvc.yaml",)


def test_what_emel_keeps_is_no_change(project):
    project.claim_state()

    assert candidate_revision(project).label == "main"


def test_the_first_commit_has_no_base(project):
    assert base_revision(project, candidate_revision(project)) is None


def test_a_commit_on_the_base_branch_is_compared_with_the_commit_below(project):
    first = head(project)
    commit_files(project.repo(), "second", {"code.py": "2"})

    base = base_revision(project, candidate_revision(project))

    assert base == Revision(label=first[:8], commit=first)


def test_a_changed_tree_on_the_base_branch_is_compared_with_its_commit(project):
    (project.root / "code.py").write_text("2")

    base = base_revision(project, candidate_revision(project))

    assert base == Revision(label=head(project)[:8], commit=head(project))


def test_results_on_the_base_branch_are_compared_with_the_commit_below(project):
    first = head(project)
    commit_files(project.repo(), "a pipeline", {"dvc.yaml": PIPELINE})
    (project.root / "metrics.json").write_text("{}")

    base = base_revision(project, candidate_revision(project))

    assert base == Revision(label=first[:8], commit=first)


def test_a_branch_is_compared_with_what_it_shares_with_the_base_branch(project):
    shared = head(project)
    repo = project.repo()
    repo.switch("better", create=True)
    commit_files(repo, "better", {"code.py": "3"})
    repo.switch("main")
    commit_files(repo, "main goes on", {"other.py": "1"})
    repo.switch("better")

    base = base_revision(project, candidate_revision(project))

    assert base == Revision(label="main", commit=shared)


def test_a_named_base_wins(project):
    first = head(project)
    commit_files(project.repo(), "second", {"code.py": "2"})

    base = base_revision(project, candidate_revision(project), first[:10])

    assert base == Revision(label=first[:10], commit=first)


def test_a_base_branch_that_is_not_there_is_told_with_a_way_out(project):
    project.repo().switch("trunk", create=True)
    HermeticProcess(project.root.parent / "home").run(["git", "branch", "-D", "main"], cwd=project.root)

    with pytest.raises(RepositoryError, match="no branch `main`") as caught:
        base_revision(project, candidate_revision(project))

    assert "[compare] base" in (caught.value.hint or "")
