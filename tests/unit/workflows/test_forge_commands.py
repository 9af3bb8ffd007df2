"""Statuses of commits, uploads and pipelines: what the small commands ask of GitLab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.fakes.gitlab import FakeGitLab, Project, add_job, add_pipeline
from tests.fakes.gitlab.project import COMMIT, job_variables, usual_project
from tests.fakes.repositories import HermeticProcess

from emel.errors import ForgeError
from emel.system.http import SystemHttp
from emel.workflows.asset import publish_asset
from emel.workflows.check import create_check, headline
from emel.workflows.machine import System
from emel.workflows.rerun import Rerun, rerun


@pytest.fixture
def project(gitlab: FakeGitLab) -> Project:
    return usual_project(gitlab)


@pytest.fixture
def doors(gitlab: FakeGitLab, project: Project, process: HermeticProcess) -> dict[str, Any]:
    """What every workflow takes, in a job of a merge request pipeline."""
    return {
        "root": Path("/nowhere"),
        "system": System(process, SystemHttp(env={}), gitlab.clock),
        "env": job_variables(gitlab, project, GITLAB_TOKEN=gitlab.world.project_token(project)),
        "tell": lambda _: None,
    }


def test_a_check_is_a_status_of_the_commit_in_its_pipeline(
    gitlab: FakeGitLab, project: Project, doors: dict[str, Any]
) -> None:
    text = "<!-- x -->\n## Drift: **3** columns\n"
    create_check("drift", "failed", text=text, commit=None, url=None, **doors)
    status = project.statuses[0]

    assert (status["sha"], status["status"], status["name"]) == (COMMIT, "failed", "drift")
    assert status["description"] == "Drift: 3 columns"
    assert status["target_url"] == f"{gitlab.url}/team/churn/-/jobs/200"
    assert b'"pipeline_id":"100"' in gitlab.calls("POST")[0].body


def test_a_pipeline_of_merged_results_is_not_named_with_a_commit_that_it_does_not_run_on(
    gitlab: FakeGitLab, project: Project, doors: dict[str, Any]
) -> None:
    doors["env"] |= {"CI_COMMIT_SHA": "7" * 40, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": COMMIT}
    create_check("drift", "success", text="", commit=None, url=None, **doors)

    assert project.statuses[0]["sha"] == COMMIT
    assert project.statuses[0]["ref"] == "topic"
    assert b"pipeline_id" not in gitlab.calls("POST")[0].body


@pytest.mark.parametrize(
    ("markdown", "line"),
    [
        ("![logo](a.png)\n\n> *Better* than [main](x)\n", "Better than main"),
        ("```\ncode\n```\n- first_name: 3\n", "first_name: 3"),
        ("---\n\n| --- |\nword", "word"),
        ("x" * 300, "x" * 255),
        ("", ""),
    ],
)
def test_the_first_line_that_says_something_is_the_description(markdown: str, line: str) -> None:
    assert headline(markdown) == line


def test_a_file_is_uploaded_where_the_change_is_reviewed(
    gitlab: FakeGitLab, project: Project, doors: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "roc.png").write_bytes(b"png")
    (tmp_path / "rows.csv").write_bytes(b"a,b")
    picture = publish_asset(tmp_path / "roc.png", "ROC [1]", **doors)
    table = publish_asset(tmp_path / "rows.csv", None, **doors)

    assert picture.url == f"{gitlab.url}/-/project/1/uploads/00000000000000000000000000000001/roc.png"
    assert picture.markdown == "![ROC \\[1\\]](/uploads/00000000000000000000000000000001/roc.png)"
    assert table.markdown == "[rows.csv](/uploads/00000000000000000000000000000002/rows.csv)"


class Pipelines:
    """The pipeline of this job, and another one, each with a job that failed and one that runs."""

    def __init__(self, gitlab: FakeGitLab, project: Project, doors: dict[str, Any]) -> None:
        self.gitlab = gitlab
        self.project = project
        self.doors = doors
        self.other, self.own = (add_pipeline(gitlab.world, project, "main", COMMIT) for _ in range(2))
        for pipeline in (self.other, self.own):
            add_job(gitlab.world, project, pipeline, "train", status="failed")
            add_job(gitlab.world, project, pipeline, "report", status="running")
        doors["env"]["CI_PIPELINE_ID"] = str(self.own["id"])

    def rerun(self, pipeline: int | None = None) -> Rerun:
        return rerun(pipeline, **self.doors)

    def states(self, pipeline: dict[str, Any]) -> list[tuple[str, str]]:
        """Its jobs, without those that were run again."""
        jobs = [job for job in self.project.jobs.values() if job["pipeline"]["id"] == pipeline["id"]]
        return [(job["name"], job["status"]) for job in jobs if not job["retried"]]


@pytest.fixture
def pipelines(gitlab: FakeGitLab, project: Project, doors: dict[str, Any]) -> Pipelines:
    return Pipelines(gitlab, project, doors)


@pytest.mark.parametrize("named", [False, True])
def test_a_job_never_cancels_its_own_pipeline(pipelines: Pipelines, named: bool) -> None:
    done = pipelines.rerun(pipelines.own["id"] if named else None)

    assert (done.own, done.cancelled) == (True, False)
    assert pipelines.states(pipelines.own) == [("report", "running"), ("train", "pending")]
    assert pipelines.gitlab.calls("POST", "/cancel") == []


def test_another_pipeline_that_runs_is_cancelled_first(pipelines: Pipelines) -> None:
    done = pipelines.rerun(pipelines.other["id"])

    assert (done.own, done.cancelled) == (False, True)
    assert pipelines.states(pipelines.other) == [("train", "pending"), ("report", "pending")]
    assert done.url == pipelines.other["web_url"]


def test_a_pipeline_that_has_ended_is_only_run_again(pipelines: Pipelines) -> None:
    pipelines.other["status"] = "failed"

    assert pipelines.rerun(pipelines.other["id"]).cancelled is False


def test_jobs_that_do_not_end_are_waited_for_and_then_told(pipelines: Pipelines) -> None:
    def keep_running(method: str, path: str) -> None:
        pipelines.other["status"] = "running"

    pipelines.gitlab.before = keep_running

    with pytest.raises(ForgeError, match="its jobs have not ended yet"):
        pipelines.rerun(pipelines.other["id"])
    assert pipelines.gitlab.clock.monotonic() > 30


def test_outside_of_a_pipeline_one_must_be_named(pipelines: Pipelines) -> None:
    del pipelines.doors["env"]["CI_PIPELINE_ID"]

    with pytest.raises(ForgeError, match="nobody knows which one") as caught:
        pipelines.rerun()
    assert caught.value.hint == "name it: --id NUMBER"
