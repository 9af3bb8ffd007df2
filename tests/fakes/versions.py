"""A repository with its bare remote on the fake GitLab, and what a release is made of, without training."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec
from tests.fakes.gitlab import DEVELOPER, FakeGitLab, Project
from tests.fakes.gitlab.project import place_in
from tests.fakes.repositories import HermeticProcess, commit_files
from tests.fakes.results import bundle, snapshot

from emel.forge import open_gitlab
from emel.gitrepo import GitRepo
from emel.records import Revision
from emel.registry import Choice
from emel.system.files import sha256_of, write_atomic
from emel.system.http import FileHttp, SystemHttp
from emel.workflows.forged import VersionForge
from emel.workflows.release import Material


class Remote(NamedTuple):
    """A clone with one commit on `main`, and the project that its `origin` belongs to."""

    gitlab: FakeGitLab
    project: Project
    repo: GitRepo
    process: HermeticProcess

    @property
    def bare(self) -> GitRepo:
        """The repository on the server."""
        assert self.project.repository is not None
        return GitRepo(self.project.repository, self.process)

    def forge(self, token: str | None = None, http: FileHttp | None = None) -> VersionForge:
        """The project by the token of a CI job, or by another."""
        if token is None:
            env = {"CI_JOB_TOKEN": self.gitlab.world.job_token(self.project, "ada")}
        else:
            env = {"EMEL_GITLAB_TOKEN": token}
        place = place_in(self.gitlab, self.project)
        opened = open_gitlab(place, env, http or SystemHttp(env={}), self.gitlab.clock)
        return VersionForge(opened, place)

    def commit(self, text: str) -> str:
        """Another commit, on the server too."""
        made = commit_files(self.repo, f"Train {text}", {"model.txt": text})
        self.process.run(["git", "push", "--quiet", "origin", "main"], cwd=self.repo.root)
        return made


def remote(gitlab: FakeGitLab, folder: Path) -> Remote:
    process = HermeticProcess(folder / "home")
    root = folder / "churn"
    root.mkdir()
    repo = GitRepo.init(root, process)
    bare = folder / "churn.git"
    for command in (
        ["git", "init", "--quiet", "--bare", "--initial-branch=main", bare],
        ["git", "remote", "add", "origin", bare],
    ):
        done = process.run(command, cwd=root)
        assert done.returncode == 0, done.stderr
    made = Remote(gitlab, gitlab.world.project("team/churn", repository=bare), repo, process)
    made.project.members[gitlab.world.user("ada").id] = DEVELOPER
    made.commit("first")
    return made


class Maker:
    """Makes the files of a release; each making gives the same bytes for the same commit and version."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.made: list[str] = []

    def __call__(self, choice: Choice, scratch: Path) -> Material:
        self.made.append(choice.version)
        zip_path = self._folder / f"churn-{choice.version}.zip"
        write_atomic(zip_path, f"bundle of {choice.commit} as {choice.version}")
        model = scratch / "model.joblib"
        write_atomic(model, f"model of {choice.commit}")
        revision = Revision(label=choice.commit[:8], commit=choice.commit)
        return Material(
            bundle=msgspec.structs.replace(
                bundle(choice.version),
                name="churn",
                path=zip_path,
                commit=choice.commit,
                digest=sha256_of(zip_path),
            ),
            model=model,
            snapshot=snapshot(revision, {"accuracy": 0.97}, {"depth": 3}, {"data.csv": "md5:0011"}),
            libraries={"scikit-learn": "1.9.1"},
        )
