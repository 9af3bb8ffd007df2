"""The runners' side of the fake GitLab keeps GitLab's rules."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.fakes.gitlab import MAINTAINER, FakeGitLab, Project, push_job
from tests.fakes.gitlab.project import forge_of

from emel.forge import Forge
from emel.records.forges import CreatedRunner
from emel.system.http import HttpReply, SystemHttp

RETRY = {"max": 1, "when": ["runner_system_failure"]}


@pytest.fixture
def project(gitlab: FakeGitLab) -> Project:
    return gitlab.world.project("team/churn")


@pytest.fixture
def forge(gitlab: FakeGitLab, project: Project) -> Forge:
    return forge_of(gitlab, project, role=MAINTAINER)


@pytest.fixture
def runner(forge: Forge) -> CreatedRunner:
    return forge.runners.create("r", ["gpu", "emel"])


def send(gitlab: FakeGitLab, method: str, path: str, body: Any, **headers: str) -> HttpReply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return SystemHttp(env={}).request(method, f"{gitlab.api_url}{path}", body=raw, headers=headers)


def ask(gitlab: FakeGitLab, runner: CreatedRunner) -> HttpReply:
    return send(gitlab, "POST", "/jobs/request", {"token": runner.token})


def taken(gitlab: FakeGitLab, project: Project, runner: CreatedRunner, **fields: Any) -> Any:
    push_job(gitlab.world, project, "train", "true", tags=("gpu",), **fields)
    return json.loads(ask(gitlab, runner).body)


def test_a_word_of_a_paused_runner_counts_as_contact_and_gets_no_job(
    gitlab: FakeGitLab, project: Project, forge: Forge, runner: CreatedRunner
) -> None:
    push_job(gitlab.world, project, "train", "true", tags=("gpu",))
    forge.runners.pause(runner.id)
    assert ask(gitlab, runner).status == 204
    found = forge.runners.get(runner.id)
    assert found is not None and found.status == "online"
    forge.runners.resume(runner.id)
    assert ask(gitlab, runner).status == 201


def test_a_runner_gets_jobs_all_of_whose_tags_it_has(
    gitlab: FakeGitLab, project: Project, runner: CreatedRunner
) -> None:
    push_job(gitlab.world, project, "untagged", tags=())
    push_job(gitlab.world, project, "another", tags=("gpu", "large"))
    assert ask(gitlab, runner).status == 204
    push_job(gitlab.world, project, "mine", tags=("gpu",))
    assert json.loads(ask(gitlab, runner).body)["job_info"]["name"] == "mine"


def test_a_deleted_runner_is_refused(gitlab: FakeGitLab, forge: Forge, runner: CreatedRunner) -> None:
    assert send(gitlab, "POST", "/runners/verify", {"token": runner.token}).status == 200
    forge.runners.delete(runner.id)
    assert send(gitlab, "POST", "/runners/verify", {"token": runner.token}).status == 403
    assert ask(gitlab, runner).status == 403


def test_a_token_is_exchanged_once(gitlab: FakeGitLab, runner: CreatedRunner) -> None:
    path = "/runners/reset_authentication_token"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    first = send(gitlab, "POST", path, f"token={runner.token}".encode(), **form)
    token = json.loads(first.body)["token"]
    assert first.status == 201 and token != runner.token
    assert send(gitlab, "POST", "/runners/verify", {"token": token}).status == 200
    for late in ("/runners/verify", path):
        assert send(gitlab, "POST", late, {"token": runner.token}).status == 403


def test_the_log_grows_where_it_ends_alone(
    gitlab: FakeGitLab, project: Project, runner: CreatedRunner
) -> None:
    job = taken(gitlab, project, runner)
    token = {"JOB-TOKEN": job["token"]}
    path = f"/jobs/{job['id']}/trace"
    first = send(gitlab, "PATCH", path, b"one\n", **token, **{"Content-Range": "0-3"})
    hole = send(gitlab, "PATCH", path, b"x", **token, **{"Content-Range": "9-9"})
    assert (first.status, first.headers["job-status"]) == (202, "running")
    assert (hole.status, hole.headers["range"]) == (416, "0-4")
    assert project.jobs[job["id"]]["trace"] == "one\n"


def test_a_cancelled_job_tells_its_runner(
    gitlab: FakeGitLab, project: Project, forge: Forge, runner: CreatedRunner
) -> None:
    job = taken(gitlab, project, runner)
    forge.pipelines.cancel_job(job["id"])
    reply = send(gitlab, "PUT", f"/jobs/{job['id']}", {"token": job["token"], "state": "success"})
    assert (reply.status, reply.headers["job-status"]) == (403, "canceled")
    assert project.jobs[job["id"]]["status"] == "canceled"


@pytest.mark.parametrize(
    ("reason", "states"),
    [("runner_system_failure", ["failed", "pending"]), ("script_failure", ["failed"])],
)
def test_a_failed_job_runs_again_for_the_reasons_that_it_names(
    gitlab: FakeGitLab, project: Project, runner: CreatedRunner, reason: str, states: list[str]
) -> None:
    job = taken(gitlab, project, runner, retry=RETRY)
    content = {"token": job["token"], "state": "failed", "failure_reason": reason}
    assert send(gitlab, "PUT", f"/jobs/{job['id']}", content).status == 200
    assert [each["status"] for each in project.jobs.values()] == states


def test_a_job_runs_again_no_more_often_than_it_may(
    gitlab: FakeGitLab, project: Project, runner: CreatedRunner
) -> None:
    job = taken(gitlab, project, runner, retry=RETRY)
    for _ in range(2):
        content = {"token": job["token"], "state": "failed", "failure_reason": "runner_system_failure"}
        send(gitlab, "PUT", f"/jobs/{job['id']}", content)
        reply = ask(gitlab, runner)
        job = json.loads(reply.body) if reply.status == 201 else None
    assert job is None
    assert [each["status"] for each in project.jobs.values()] == ["failed", "failed"]
