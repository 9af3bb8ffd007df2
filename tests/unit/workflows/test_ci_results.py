"""Results that go from pipeline to pipeline by generic packages: nothing is trained twice."""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from tests.fakes.experiments import FILES
from tests.fakes.gitlab import FakeGitLab, Fault, Reply
from tests.fakes.gitlab.project import job_variables, usual_project
from tests.fakes.gitlab.state import DEVELOPER
from tests.fakes.gitlab.state import Project as Team
from tests.fakes.progress import Silence
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.config import load
from emel.gitrepo import GitRepo
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.ci_results import KEPT, SharedResults, pull_results, push_results
from emel.workflows.machine import System
from emel.workflows.project import Project

TOML = """
[model]
name = "churn"
path = "model.txt"
sample = "data.csv"

[ci]
requirements = "requirements.lock"
"""
CONTENT = b"a model"
OBJECT = f".dvc/cache/files/md5/{hashlib.md5(CONTENT).hexdigest()[:2]}/{hashlib.md5(CONTENT).hexdigest()[2:]}"


class Jobs:
    """Jobs of one project on the forge, each with a checkout of its own."""

    def __init__(self, gitlab: FakeGitLab, folder: Path) -> None:
        self.world = gitlab.world
        self.team: Team = usual_project(gitlab)
        self.team.members[gitlab.world.user("ada").id] = DEVELOPER
        token = gitlab.world.job_token(self.team, "ada")
        self.env = {**job_variables(gitlab, self.team), "CI_JOB_TOKEN": token}
        self.folder = folder
        self.process = HermeticProcess(folder / "home")

    def checkout(self, name: str, **more: str) -> Project:
        """A job's checkout of a commit whose files are the usual ones and `more`."""
        root = self.folder / name
        root.mkdir()
        repo = GitRepo.init(root, self.process)
        files = {"emel.toml": TOML, "requirements.lock": "", **FILES, **more}
        commit_files(repo, name, files)
        self.process.run(["git", "remote", "add", "origin", "https://gitlab.test/team/churn.git"], cwd=root)
        return Project(
            root, load(root / "emel.toml"), System(self.process, SystemHttp(env={}), SystemClock())
        )

    def push(self, project: Project) -> SharedResults:
        return push_results(project, env=self.env, progress=Silence())

    def pull(self, project: Project) -> SharedResults:
        return pull_results(project, env=self.env, progress=Silence())


@pytest.fixture
def jobs(gitlab: FakeGitLab, tmp_path: Path) -> Jobs:
    return Jobs(gitlab, tmp_path)


def packed(jobs: Jobs, version: str, files: dict[str, bytes]) -> None:
    """A package that somebody has put there."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    jobs.team.package_files.append(
        {
            "id": jobs.world.number("package_file"),
            "package_id": jobs.world.number("package"),
            "package": "churn-results",
            "version": version,
            "file_name": "results.tar",
            "size": len(raw.getvalue()),
            "file_sha256": hashlib.sha256(raw.getvalue()).hexdigest(),
            "content": raw.getvalue(),
        }
    )


@pytest.mark.slow
def test_what_a_branch_trained_is_restored_after_the_merge_and_not_trained_again(jobs: Jobs) -> None:
    branch, merged = jobs.checkout("branch"), jobs.checkout("merged", **{"README.md": "of somebody else"})
    branch.pipeline().run()
    for number in range(KEPT + 3):
        packed(jobs, f"old{number}", {})
    sent = jobs.push(branch)
    assert len(jobs.team.package_files) == KEPT
    assert (sent.outcome, jobs.push(branch).outcome) == ("sent", "there already")

    fetched = jobs.pull(merged)
    run = merged.pipeline().run()

    assert (fetched.outcome, fetched.files) == ("fetched", sent.files)
    assert {stage.name: stage.outcome for stage in run.stages} == {"split": "restored", "train": "restored"}
    same = ("dvc.lock", "model.txt", "metrics.json")
    assert [(merged.root / name).read_bytes() for name in same] == [
        (branch.root / name).read_bytes() for name in same
    ]
    assert merged.repo().changes() == ("dvc.lock", "metrics.json")


def test_other_code_parameters_libraries_or_images_are_other_results(jobs: Jobs) -> None:
    changes = [
        {},
        {"train.py": "print()"},
        {"params.yaml": "depth: 3\n"},
        {"requirements.lock": "numpy==2"},
        {"emel.toml": f'{TOML}image = "python:3.13"\n'},
    ]
    found = [jobs.pull(jobs.checkout(str(number), **each)) for number, each in enumerate(changes)]

    assert {one.outcome for one in found} == {"none there"}
    assert len({one.version for one in found}) == len(changes)


def test_a_commit_without_results_sends_nothing(jobs: Jobs) -> None:
    found = jobs.push(jobs.checkout("fresh"))

    assert (found.outcome, found.reason) == ("nothing to send", None)


@pytest.mark.parametrize(
    "files",
    [
        {OBJECT: b"another model"},
        {OBJECT: CONTENT, "train.py": b"import os"},
        {".dvc/config": b"[core]"},
        {".emel/runs/../../train.py": b"import os"},
    ],
    ids=["damaged", "code", "settings", "path"],
)
def test_nothing_is_taken_of_an_archive_that_holds_anything_else(jobs: Jobs, files: dict[str, bytes]) -> None:
    project = jobs.checkout("job")
    before = sorted(project.root.rglob("*"))
    packed(jobs, jobs.pull(project).version, files)

    found = jobs.pull(project)

    assert found.outcome == "failed" and "delete the package" in (found.reason or "")
    left = {path for path in project.root.rglob("*") if path not in before}
    assert {path.relative_to(project.root).as_posix() for path in left} <= {".dvc/tmp"}
    assert (project.root / "train.py").read_text() == FILES["train.py"]


def test_what_is_whole_is_put_into_dvcs_cache(jobs: Jobs) -> None:
    project = jobs.checkout("job")
    packed(jobs, jobs.pull(project).version, {OBJECT: CONTENT})

    assert jobs.pull(project).outcome == "fetched"
    assert (project.root / OBJECT).read_bytes() == CONTENT
    assert project.repo().changes() == ()


def test_a_forge_that_refuses_is_told_and_no_error(jobs: Jobs, gitlab: FakeGitLab) -> None:
    gitlab.faults.add("GET", "/packages", Fault(Reply(403, {"message": "403 Forbidden"})))

    found = jobs.pull(jobs.checkout("job"))

    assert found.outcome == "failed" and "403" in (found.reason or "")
