"""A team: people with clones of their own, GitLab with a bare repository, a runner, a machine that serves.

Programs are real: git over HTTP, DVC, and emel's own commands, each a process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.command import Emel, interrupt, processes_of, wait_for
from tests.fakes.gitlab import DEVELOPER, MAINTAINER, FakeGitLab, Project
from tests.fakes.jobs import Runner

from emel.system.http import SystemHttp

PATH = "team/breast-cancer"


class Person:
    """A contributor: a home with a login for Git, a token, and a clone."""

    def __init__(self, name: str, folder: Path, gitlab: FakeGitLab, project: Project, role: int) -> None:
        self.name = name
        self.emel = Emel(folder / name, folder / f"home-{name}")
        token = gitlab.world.token(name, "api")
        project.members[gitlab.world.user(name).id] = role
        programs = f"{Path(sys.executable).parent}{os.pathsep}{self.emel.env['PATH']}"
        person = {"NAME": name.capitalize(), "EMAIL": f"{name}@example.org"}
        named = {
            f"GIT_{kind}_{key}": value for kind in ("AUTHOR", "COMMITTER") for key, value in person.items()
        }
        self.emel.env |= {"PATH": programs, "EMEL_GITLAB_TOKEN": token, "EMEL_LOCAL_PORT": "0", **named}
        home = folder / f"home-{name}"
        (home / ".gitconfig").write_text("[credential]\n\thelper = store\n")
        login = gitlab.url.replace("//", f"//{name}:{token}@", 1)
        (home / ".git-credentials").write_text(f"{login}\n")

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a text that is there."""
        path = self.emel.folder / file
        text = path.read_text()
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new))

    def push_branch(self, branch: str, message: str) -> None:
        """Commit what was changed on a new branch, and push it."""
        self.emel.git("switch", "--quiet", "--create", branch)
        self.emel.git("commit", "--quiet", "--all", "-m", message)
        self.emel.git("push", "--quiet", "origin", branch)

    def back_to_main(self) -> None:
        """The newest main, with all tags."""
        self.emel.git("switch", "--quiet", "main")
        self.emel.git("pull", "--quiet", "--tags", "origin", "main")


class Team:
    """Ada, who may merge, and Boris; `repository` is the bare one, `url` its address."""

    def __init__(self, gitlab: FakeGitLab, folder: Path) -> None:
        self.gitlab = gitlab
        self.folder = folder
        self.repository = folder / "server.git"
        command = ["git", "init", "--quiet", "--bare", "--initial-branch=main", str(self.repository)]
        subprocess.run(command, check=True)
        self.project = gitlab.world.project(PATH, repository=self.repository)
        self.url = f"{gitlab.url}/{PATH}.git"
        self.ada = Person("ada", folder, gitlab, self.project, MAINTAINER)
        self.boris = Person("boris", folder, gitlab, self.project, DEVELOPER)
        self.host = folder / "host"
        (folder / "builds").mkdir()
        (folder / "home-runner").mkdir()
        self.runner = Runner(
            gitlab,
            self.project,
            folder / "builds",
            env={**self.ada.emel.env, "HOME": str(folder / "home-runner")},
            secrets={
                "EMEL_GITLAB_TOKEN": gitlab.world.project_token(self.project, MAINTAINER),
                "EMEL_LOCAL_FOLDER": str(self.host / ".emel" / "local"),
            },
        )

    def publish(self, repository: Path) -> None:
        """Ada pushes a project with its pipeline; Boris clones it."""
        ada = self.ada
        shutil.copytree(repository, ada.emel.folder, symlinks=True)
        here = 'cloud = "local"\ninstall = []\nexperiments = true'
        ada.edit("emel.toml", 'requirements = "requirements.txt"', here)
        (ada.emel.folder / ".gitlab-ci.yml").unlink()
        done = ada.emel("ci")
        assert done.returncode == 0, done.stderr
        ada.emel.git("add", ".")
        ada.emel.git("commit", "--quiet", "-m", "Let the pipeline train, report and deploy")
        ada.emel.git("remote", "add", "origin", self.url)
        ada.emel.git("push", "--quiet", "--set-upstream", "origin", "main")
        boris = self.boris.emel
        subprocess.run(
            ["git", "clone", "--quiet", self.url, str(boris.folder)],
            env=boris.env,
            check=True,
            cwd=self.folder,
        )

    @contextmanager
    def serving(self) -> Iterator[None]:
        """The machine that serves, whose platform outlives every job, and which Ada may reach."""
        command = Emel(self.host, self.folder / "home-host")
        shutil.copytree(self.ada.emel.folder, self.host, symlinks=True)
        output = self.folder / "serve.log"
        platform = command.start("serve", "--port", "0", output=output)
        (self.ada.emel.folder / ".emel").mkdir(exist_ok=True)
        (self.ada.emel.folder / ".emel" / "local").symlink_to(self.host / ".emel" / "local")
        try:
            assert wait_for("serving on", output, within=120)
            yield
        finally:
            interrupt(platform, within=60)
        assert processes_of(self.host) == []

    def open_merge_request(self, branch: str, title: str) -> int:
        """By a click on the page."""
        iid: int = self.gitlab.world.merge_request(self.project, branch, title=title)["iid"]
        return iid

    def merge(self, iid: int) -> None:
        """By Ada's click; GitLab then starts the job that stops the preview."""
        url = f"{self.gitlab.api_url}/projects/{self.project.id}/merge_requests/{iid}/merge"
        login = {"PRIVATE-TOKEN": self.ada.emel.env["EMEL_GITLAB_TOKEN"]}
        reply = SystemHttp(env={}).request("PUT", url, headers=login)
        assert reply.status == 200, reply.body
        self.runner.of_merge_request(iid, "stop-preview", by="ada")

    def report_in(self, iid: int) -> str:
        """The one comment of a merge request."""
        (body,) = [note.body for note in self.project.notes if note.noteable == ("merge_request", str(iid))]
        return body
