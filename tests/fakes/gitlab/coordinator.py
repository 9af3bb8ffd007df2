"""What GitLab and its runners say to each other: a runner proves itself, takes a job, sends its log.

Rules from GitLab's source (`lib/api/ci/runner.rb` and `lib/api/ci/helpers/runner.rb`, version 19): a word
of a runner counts as contact also while it is paused, and so does the exchange of its token; a paused one
gets 204; a job is proved by its own token, and a job that does not run any more answers 403 with its state
in `Job-Status`.
"""

from __future__ import annotations

from typing import Any

from tests.fakes.gitlab.pipelines import add_job, add_pipeline, again
from tests.fakes.gitlab.routing import Refusal, Reply, Request, route
from tests.fakes.gitlab.state import Json, Project, World

FORBIDDEN = Refusal(403, {"message": "403 Forbidden"})


def push_job(
    world: World, project: Project, name: str, *script: str, tags: tuple[str, ...], **fields: Any
) -> Json:
    """A pending job of a new pipeline, that a runner with these tags may take.

    `retry` is that of .gitlab-ci.yml, as `{"max": 2, "when": ["runner_system_failure"]}`.
    """
    pipeline = add_pipeline(world, project, "main", "4" * 40)
    job = {"script": list(script), "tag_list": list(tags), "variables": {}, "retry": {"max": 0}, **fields}
    return add_job(world, project, pipeline, name, **{"status": "pending", **job})


def end_job(world: World, project: Project, job: Json, state: str, reason: str | None = None) -> Json | None:
    """A job ends. One that failed for a reason that its `retry` names runs once more: that one, then."""
    job["status"] = state
    job["failure_reason"] = reason
    rule = job.get("retry", {"max": 0})
    tries = job.get("tries", 0)
    if state == "failed" and tries < rule["max"] and reason in rule.get("when", (reason,)):
        job["tries"] = tries + 1
        return again(world, project, job)
    job["pipeline"]["status"] = state
    return None


def contact(world: World, token: str, now: float) -> tuple[Project, Json]:
    """The runner of a token, which has just been heard. Errors: Refusal."""
    for project in world.projects.values():
        for runner in project.runners.values():
            if runner["token"] == token:
                runner["contacted_at"] = now
                return project, runner
    raise FORBIDDEN


def exchange(world: World, token: str, now: float) -> str:
    """Another token for the runner of this one, which is worth nothing from then on. Errors: Refusal."""
    _, runner = contact(world, token, now)
    runner["token"] = f"glrt-t3_{world.number('exchange'):020}.01.x"
    return str(runner["token"])


@route("POST", "/runners/verify", public=True)
def verify(request: Request) -> Reply:
    _, runner = contact(request.world, request.required("token"), request.now)
    return Reply(200, {"id": runner["id"], "token": runner["token"], "token_expires_at": None})


@route("POST", "/runners/reset_authentication_token", public=True)
def reset_token(request: Request) -> Reply:
    token = exchange(request.world, request.required("token"), request.now)
    return Reply(201, {"token": token, "token_expires_at": None})


@route("POST", "/jobs/request", public=True)
def request_job(request: Request) -> Reply:
    project, runner = contact(request.world, request.required("token"), request.now)
    job = next((job for job in project.jobs.values() if _fits(job, runner)), None)
    if runner["paused"] or job is None:
        return Reply(204, headers={"x-gitlab-last-update": "0"})
    job |= {"status": "running", "runner": runner["id"], "trace": "", "token": f"glcbt-64_{job['id']:08}"}
    answer = {
        "id": job["id"],
        "token": job["token"],
        "job_info": {"name": job["name"], "stage": job["stage"], "project_id": project.id},
        "variables": [{"key": key, "value": value} for key, value in job["variables"].items()],
        "steps": [{"name": "script", "script": job["script"], "timeout": 3600, "when": "on_success"}],
        "runner_info": {"timeout": 3600},
    }
    return Reply(201, answer)


@route("PATCH", "/jobs/:job/trace", public=True)
def patch_trace(request: Request) -> Reply:
    _, job = _running(request, request.headers.get("job-token", ""))
    begin = int(request.headers["content-range"].partition("-")[0])
    if begin != len(job["trace"].encode()):
        raise Refusal(416, "416 Range Not Satisfiable", {"range": f"0-{len(job['trace'].encode())}"})
    job["trace"] += request.body.decode()
    size = len(job["trace"].encode())
    return Reply(202, None, {"job-status": job["status"], "range": f"0-{size}"})


@route("PUT", "/jobs/:job", public=True)
def update_job(request: Request) -> Reply:
    project, job = _running(request, request.content.get("token", ""))
    state = request.content.get("state")
    if state in ("success", "failed"):
        end_job(request.world, project, job, state, request.content.get("failure_reason"))
    return Reply(200, "200", {"job-status": job["status"]})


def _fits(job: Json, runner: Json) -> bool:
    tags = set(job.get("tag_list", ()))
    if job["status"] != "pending" or not tags <= set(runner.get("tag_list", ())):
        return False
    return bool(tags) or runner.get("run_untagged", True)


def _running(request: Request, token: str) -> tuple[Project, Json]:
    number = int(request.variables["job"])
    for project in request.world.projects.values():
        job = project.jobs.get(number)
        if job is not None and token and job.get("token") == token:
            if job["status"] != "running":
                raise Refusal(403, {"message": "403 Forbidden"}, {"job-status": job["status"]})
            return project, job
    raise FORBIDDEN
