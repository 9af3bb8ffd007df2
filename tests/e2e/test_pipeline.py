"""The generated pipeline, run for real: from a pushed commit to report, preview, release and production.

gitlab-ci-local runs the jobs, each in a folder of its own, with artifacts and caches passed on as GitLab
does. It knows no workflow rules, resource groups, retries or id_tokens: tests/unit/ci has those.
"""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from tests.fakes.command import Emel, interrupt, wait_for
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.gitlab.state import MAINTAINER, Project
from tests.fakes.pipeline_runner import OWN_FILES, run_pipeline

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


class Server:
    """A GitLab with a project for the repository in `emel.folder`, and a runner for its jobs."""

    def __init__(self, gitlab: FakeGitLab, emel: Emel, repository: Path) -> None:
        self.emel = emel
        self.gitlab = gitlab
        emel.git("init", "--quiet", "--bare", "--initial-branch=main", str(repository))
        self.project: Project = gitlab.world.project("team/breast-cancer", repository=repository)
        self.project.members[gitlab.world.user("ada").id] = MAINTAINER
        self.variables = {
            "CI_API_V4_URL": gitlab.api_url,
            "CI_SERVER_URL": gitlab.url,
            "CI_PROJECT_ID": str(self.project.id),
            "CI_PROJECT_PATH": self.project.path,
            "CI_PROJECT_URL": f"{gitlab.url}/{self.project.path}",
            "CI_DEFAULT_BRANCH": "main",
            "CI_JOB_TOKEN": gitlab.world.job_token(self.project, "ada"),
            "EMEL_GITLAB_TOKEN": gitlab.world.project_token(self.project, MAINTAINER),
            "EMEL_LOCAL_FOLDER": str(emel.folder / ".emel" / "local"),
        }

    def pushed(self, *options: str, unset: str = "CI_MERGE_REQUEST_IID", **event: str) -> str:
        """Run the pipeline of an event, or some of its jobs; return what it printed."""
        return run_pipeline(self.emel, {**self.variables, **event}, *options, unset=[unset])

    def of_merge_request(self, *jobs: str) -> str:
        iid, number = "1", str(self.project.id)
        return self.pushed(
            *jobs,
            unset="CI_COMMIT_BRANCH",
            CI_PIPELINE_SOURCE="merge_request_event",
            CI_MERGE_REQUEST_IID=iid,
            CI_MERGE_REQUEST_PROJECT_ID=number,
            CI_MERGE_REQUEST_PROJECT_PATH=self.project.path,
            CI_MERGE_REQUEST_SOURCE_PROJECT_ID=number,
            CI_MERGE_REQUEST_SOURCE_BRANCH_NAME="forest",
        )


@pytest.fixture
def server(emel: Emel, tmp_path: Path) -> Iterator[Server]:
    with FakeGitLab() as gitlab:
        made = Server(gitlab, emel, tmp_path / "server.git")
        # The runner's machine has a platform, which outlives every job.
        output = tmp_path / "serve.log"
        platform = emel.start("serve", output=output)
        try:
            assert wait_for("serving on", output, within=120)
            yield made
        finally:
            interrupt(platform)


def predict(url: str) -> dict[str, object]:
    row = json.loads(urllib.request.urlopen(f"{url}/openapi.json", timeout=60).read())
    example = row["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["example"]
    request = urllib.request.Request(
        f"{url}/predict", json.dumps(example).encode(), {"Content-Type": "application/json"}
    )
    answered: dict[str, object] = json.loads(urllib.request.urlopen(request, timeout=60).read())
    return answered


def write_project(emel: Emel, server: Server) -> None:
    """The example as its owner set it up for this server: the pipeline, and nothing to install."""
    settings = emel.folder / "emel.toml"
    here = 'cloud = "local"\ninstall = []\nreuse_results = true'
    settings.write_text(settings.read_text().replace('requirements = "requirements.txt"', here))
    with (emel.folder / ".gitignore").open("a") as file:
        file.write(OWN_FILES)
    (emel.folder / ".gitlab-ci.yml").unlink()
    assert emel("ci").returncode == 0
    emel.git("add", ".")
    emel.git("commit", "--quiet", "-m", "Add the pipeline")
    emel.git("remote", "add", "origin", str(server.project.repository))
    emel.git("push", "--quiet", "origin", "main")
    emel.git("remote", "set-head", "origin", "main")


def test_a_pushed_commit_is_all_it_takes(emel: Emel, server: Server) -> None:
    write_project(emel, server)
    emel.git("switch", "--quiet", "--create", "forest")
    params = emel.folder / "params.yaml"
    params.write_text(params.read_text().replace("model: logistic_regression", "model: random_forest"))
    emel.git("commit", "--quiet", "--all", "-m", "Try a forest")
    emel.git("push", "--quiet", "origin", "forest")
    commit = emel.git("rev-parse", "HEAD").strip()
    server.gitlab.world.merge_request(server.project, "forest", sha=commit)
    assert re.search(r"breast-cancer-results \w+: sent, \d+ files", server.of_merge_request())

    (note,) = server.project.notes
    assert "random_forest" in note.body and "accuracy" in note.body
    # What it was trained with came from the job that trained.
    assert "Environment: " in note.body
    found = re.search(r"http://[^\s)]+/breast-cancer/mr-1", note.body)
    assert found is not None, note.body
    address = found[0]
    assert predict(address)["predictions"]

    emel.git("switch", "--quiet", "main")
    emel.git("merge", "--quiet", "--no-ff", "-m", "Merge the forest", "forest")
    emel.git("push", "--quiet", "origin", "main")
    merged = emel.git("rev-parse", "HEAD").strip()
    told = server.pushed("deploy", "--needs", CI_PIPELINE_SOURCE="push", CI_COMMIT_BRANCH="main")
    # What was merged is what the branch has trained.
    assert re.search(r"breast-cancer-results \w+: fetched, \d+ files", told)
    assert "Stage 'train' is cached - skipping run" in told and "Running stage 'train'" not in told

    (tag,) = server.project.releases
    assert tag.startswith("breast-cancer@v")
    of_server = ["git", "--git-dir", str(server.project.repository)]
    newest = subprocess.run(
        [*of_server, "log", "-1", "--format=%P %s", "main"], capture_output=True, text=True
    )
    assert newest.stdout.startswith(merged) and "[skip ci]" in newest.stdout
    stages = subprocess.run([*of_server, "tag", "--list", "*#*"], capture_output=True, text=True)
    assert stages.stdout.split() == ["breast-cancer#prod#1"]
    production = predict(address.replace("/mr-1", "/prod"))
    assert production["model"] == {"name": "breast-cancer", "version": tag.partition("@")[2]}

    server.of_merge_request("stop-preview")
    with pytest.raises(HTTPError, match="404"):
        predict(address)
