"""Results of the pipeline into a commit, over a bare repository as server."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.fakes.progress import Silence
from tests.fakes.repositories import HermeticProcess, commit_files
from tests.unit.workflows.test_ci import DVC, TOML

from emel.errors import RepositoryError
from emel.gitrepo import GitRepo
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.ci_commit import HELPER, ResultsCommit, commit_results
from emel.workflows.machine import System
from emel.workflows.project import Project, open_project


class Recorded(HermeticProcess):
    """Notes each command and what it is told by its environment."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.seen: list[tuple[list[str], dict[str, str]]] = []

    def run(self, command, *, cwd=None, env=None, stdin=None, timeout=None, on_line=None):  # type: ignore[no-untyped-def]
        self.seen.append(([str(word) for word in command], dict(env or {})))
        return super().run(command, cwd=cwd, env=env, stdin=stdin, timeout=timeout, on_line=on_line)


@pytest.fixture
def job(tmp_path: Path) -> Project:
    """A job's checkout of `main`, in which training has written other results than the commit has."""
    process = Recorded(tmp_path / "home")
    server = tmp_path / "server.git"
    process.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", server])
    work = tmp_path / "work"
    work.mkdir()
    repo = GitRepo.init(work, process)
    files = {
        "emel.toml": TOML,
        "dvc.yaml": DVC,
        "dvc.lock": "old",
        "metrics.json": "{}",
        ".gitignore": "/models/\n",
    }
    commit_files(repo, "Start", files)
    process.run(["git", "remote", "add", "origin", server], cwd=work)
    process.run(["git", "push", "--quiet", "origin", "main"], cwd=work)
    process.run(["git", "checkout", "--quiet", "--detach"], cwd=work)
    trained(work)
    return open_project(work, System(process, SystemHttp(env={}), SystemClock()))


def trained(work: Path) -> None:
    (work / "dvc.lock").write_text("new")
    (work / "plots").mkdir(exist_ok=True)
    (work / "plots/roc.csv").write_text("x,y\n")


def commit(job: Project, **env: str) -> ResultsCommit:
    return commit_results(job, branch="main", env=env, progress=Silence())


def of_server(job: Project, *words: str) -> str:
    command = ["git", "--git-dir", job.root.parent / "server.git", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_results_are_pushed_as_a_commit_that_starts_no_pipeline(job: Project) -> None:
    before = job.repo().head()
    made = commit(job)

    assert made.files == ("dvc.lock", "plots/roc.csv")
    assert of_server(job, "rev-parse", "main") == made.commit == job.repo().head()
    assert (
        of_server(job, "log", "-1", "--format=%s %P", "main")
        == f"Add the results of {before[:8]} [skip ci] {before}"
    )
    assert job.repo().changes() == ()


def test_the_noise_that_was_measured_is_a_result(job: Project) -> None:
    (job.root / "emel.noise.json").write_text("{}")

    assert commit(job).files == ("dvc.lock", "emel.noise.json", "plots/roc.csv")


def test_results_that_are_committed_change_nothing(job: Project) -> None:
    made = commit(job)

    assert commit(job) == ResultsCommit(commit=made.commit, files=(), pushed=False)


def test_a_job_that_is_retried_goes_on_with_the_commit_of_its_first_try(job: Project) -> None:
    before, made = job.repo().head(), commit(job)
    subprocess.run(["git", "checkout", "--quiet", "--detach", before], cwd=job.root, check=True)
    trained(job.root)
    # Another second, and so another commit of the same files.
    assert isinstance(job.system.process, HermeticProcess)
    job.system.process.env["GIT_COMMITTER_DATE"] = "2001-01-01T00:00:00Z"
    again = commit(job)

    assert (again.commit, again.pushed) == (made.commit, False)
    assert job.repo().head() == made.commit


def test_what_is_no_result_is_not_committed(job: Project) -> None:
    (job.root / "notes.txt").write_text("mine")
    commit(job)

    assert job.repo().changes() == ("notes.txt",)


def test_a_branch_that_has_moved_on_is_left_to_the_newer_pipeline(job: Project) -> None:
    other = job.root.parent / "other"
    shutil.copytree(job.root, other)
    for words in (["checkout", "-q", "main"], ["commit", "-qam", "Newer"], ["push", "-q", "origin", "main"]):
        job.system.process.run(["git", *words], cwd=other)

    (job.root / "metrics.json").write_text('{"accuracy": 1}')
    with pytest.raises(RepositoryError, match="main has moved on"):
        commit(job)


def test_the_token_is_in_the_environment_of_the_push_alone(job: Project) -> None:
    process = job.system.process
    assert isinstance(process, Recorded)
    commit(job, EMEL_GITLAB_TOKEN="glpat-secret", CI_JOB_TOKEN="job-secret")

    told = [command for command, env in process.seen if "glpat-secret" in env.values()]
    assert told and all("push" in command and f"credential.helper={HELPER}" in command for command in told)
    assert not any("secret" in word for command, _ in process.seen for word in command)
    assert "secret" not in (job.root / ".git/config").read_text()
