"""A job's clone made ready: what git can do in it afterwards, and what is not written down in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.fakes.gitlab import FakeGitLab, Project
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.gitrepo import GitRepo
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.prepare import Prepared, prepare


class Clone:
    """A clone as GitLab makes it for a job: shallow, of one branch, with the job's login in `origin`."""

    def __init__(self, gitlab: FakeGitLab, project: Project, folder: Path, home: Path) -> None:
        self.gitlab = gitlab
        self.folder = folder
        self.login = gitlab.world.job_token(project, "ada")
        self.token = gitlab.world.project_token(project)
        # What git reads when it is called by hand: as in a job, the variable of the token is set.
        self.process = HermeticProcess(home, {"no_proxy": "127.0.0.1", "GITLAB_TOKEN": self.token})
        self.env = {"GITLAB_TOKEN": self.token, "GITLAB_USER_NAME": "Grace", "GITLAB_USER_EMAIL": "g@h.org"}
        project.members[gitlab.world.user("ada").id] = 20
        url = gitlab.url.replace("://", f"://gitlab-ci-token:{self.login}@")
        self.git("clone", "--quiet", "--depth=1", f"{url}/{project.path}.git", str(folder), cwd=home)

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        done = self.process.run(["git", *arguments], cwd=cwd or self.folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def prepare(self, **given: Any) -> Prepared:
        options = {"depth": 0, "remote": "origin", "user_name": None, "user_email": None, **given}
        system = System(self.process, SystemHttp(env={}), self.gitlab.clock)
        return prepare(root=self.folder, system=system, env=self.env, **options)

    @property
    def config(self) -> str:
        return (self.folder / ".git" / "config").read_text()


@pytest.fixture
def clone(gitlab: FakeGitLab, repo: GitRepo, process: HermeticProcess, tmp_path: Path) -> Clone:
    for number in range(3):
        commit_files(repo, f"Commit {number}", {"a.txt": str(number)})
    repo.switch("other", create=True)
    commit_files(repo, "Another branch", {"b.txt": ""})
    repo.switch("main")
    bare = tmp_path / "bare"
    process.run(["git", "clone", "--quiet", "--bare", str(repo.root), str(bare)])
    project = gitlab.world.project("team/churn", repository=bare)
    return Clone(gitlab, project, tmp_path / "clone", tmp_path / "home")


def test_the_whole_history_and_all_branches_are_there(clone: Clone) -> None:
    done = clone.prepare()

    assert done.shallow is False
    assert clone.git("log", "--format=%s", "origin/other").splitlines() == [
        "Another branch",
        "Commit 2",
        "Commit 1",
        "Commit 0",
    ]


def test_the_history_may_be_cut(clone: Clone) -> None:
    assert clone.prepare(depth=2).shallow is True
    assert len(clone.git("log", "--format=%s").splitlines()) == 2


def test_no_token_is_left_in_the_settings(clone: Clone) -> None:
    assert clone.login in clone.config
    done = clone.prepare()

    assert done.remote == f"{clone.gitlab.url}/team/churn.git"
    assert clone.login not in clone.config
    assert clone.token not in clone.config


def test_git_commits_and_pushes_by_itself_afterwards(clone: Clone) -> None:
    clone.prepare()
    (clone.folder / "a.txt").write_text("new")
    clone.git("commit", "--quiet", "--all", "--message=By hand")
    clone.git("push", "--quiet", "origin", "main")

    assert clone.git("log", "-1", "--format=%an <%ae> %s", "origin/main").strip() == "Grace <g@h.org> By hand"


def test_who_commits_may_be_named_and_is_not_changed_by_the_next_run(clone: Clone) -> None:
    clone.prepare(user_name="Bot", user_email="bot@example.org")

    assert clone.prepare().user == "Bot"
    assert clone.git("config", "user.email").strip() == "bot@example.org"


def test_a_second_run_changes_nothing(clone: Clone) -> None:
    clone.prepare()
    config = clone.config
    clone.prepare()

    assert clone.config == config


def test_a_clone_by_other_ways_than_http_keeps_them(clone: Clone, tmp_path: Path) -> None:
    clone.git("remote", "set-url", "origin", str(tmp_path / "bare"))
    done = clone.prepare()

    assert done.uses_token is False
    assert "credential" not in clone.config
