"""Pipelines and jobs. Rules from GitLab's documentation, «Pipelines API» and «Jobs API».

A retry of a pipeline runs its failed and cancelled jobs again, and leaves those that passed as they are.
"""

from __future__ import annotations

from typing import Any

from tests.fakes.gitlab.repository import resolve
from tests.fakes.gitlab.routing import Refusal, Reply, Request, not_found, page, route
from tests.fakes.gitlab.state import REPORTER, Json, Project, World

PIPELINES = "/projects/:project/pipelines"
JOBS = "/projects/:project/jobs"
ENDED = ("failed", "canceled")
KEPT = ("stage", "tag_list", "script", "variables", "retry", "tries")
"""What a job that runs again has of the one before."""


def add_pipeline(world: World, project: Project, ref: str, sha: str, **fields: Any) -> Json:
    """A pipeline as a push makes it."""
    number = world.number("pipeline")
    url = f"https://gitlab.test/{project.path}/-/pipelines/{number}"
    made = {"id": number, "ref": ref, "sha": sha, "status": "running", "web_url": url, **fields}
    project.pipelines[number] = made
    return made


def add_job(world: World, project: Project, pipeline: Json, name: str, **fields: Any) -> Json:
    """A job of a pipeline."""
    number = world.number("job")
    made = {
        "id": number,
        "name": name,
        "stage": "test",
        "status": "running",
        "web_url": f"https://gitlab.test/{project.path}/-/jobs/{number}",
        "pipeline": pipeline,
        "retried": False,
        "tag_list": [],
        **fields,
    }
    project.jobs[number] = made
    return made


@route("GET", f"{PIPELINES}/:pipeline", role=REPORTER)
def get_pipeline(request: Request) -> Reply:
    return Reply(200, _pipeline(request))


@route("POST", "/projects/:project/pipeline")
def create_pipeline(request: Request) -> Reply:
    ref = request.required("ref")
    commit = resolve(request.project, ref)
    if commit is None:
        raise Refusal(400, {"message": {"base": ["Reference not found"]}})
    variables = request.content.get("variables", [])
    return Reply(201, add_pipeline(request.world, request.project, ref, commit, variables=variables))


@route("POST", f"{PIPELINES}/:pipeline/retry")
def retry_pipeline(request: Request) -> Reply:
    pipeline = _pipeline(request)
    for job in _jobs(request.project, pipeline):
        if job["status"] in ENDED and not job["retried"]:
            again(request.world, request.project, job)
    pipeline["status"] = "running"
    return Reply(201, pipeline)


@route("POST", f"{PIPELINES}/:pipeline/cancel")
def cancel_pipeline(request: Request) -> Reply:
    pipeline = _pipeline(request)
    for job in _jobs(request.project, pipeline):
        if job["status"] in ("running", "pending", "created"):
            job["status"] = "canceled"
    pipeline["status"] = "canceled"
    return Reply(201, pipeline)


@route("GET", f"{PIPELINES}/:pipeline/jobs", role=REPORTER, job_token=True)
def list_jobs(request: Request) -> Reply:
    with_retried = request.query.get("include_retried") == "true"
    found = _jobs(request.project, _pipeline(request))
    return page(request, [job for job in found if with_retried or not job["retried"]], shown)


@route("GET", JOBS, role=REPORTER, job_token=True)
def list_project_jobs(request: Request) -> Reply:
    wanted = request.query.get("scope")
    found = [job for job in request.project.jobs.values() if wanted in (None, job["status"])]
    return page(request, found[::-1], shown)


@route("GET", f"{JOBS}/:job", role=REPORTER, job_token=True)
def get_job(request: Request) -> Reply:
    return Reply(200, shown(_job(request)))


@route("POST", f"{JOBS}/:job/retry")
def retry_job(request: Request) -> Reply:
    job = _job(request)
    if job["status"] not in (*ENDED, "success") or job["retried"]:
        raise Refusal(403, {"message": "403 Forbidden - Job is not retryable"})
    return Reply(201, shown(again(request.world, request.project, job)))


@route("POST", f"{JOBS}/:job/cancel")
def cancel_job(request: Request) -> Reply:
    job = _job(request)
    job["status"] = "canceled"
    return Reply(201, shown(job))


def again(world: World, project: Project, job: Json) -> Json:
    """The same job once more, as GitLab retries it."""
    job["retried"] = True
    pipeline = project.pipelines[job["pipeline"]["id"]]
    same = {key: job[key] for key in KEPT if key in job}
    return add_job(world, project, pipeline, job["name"], **same, status="pending")


def shown(job: Json) -> Json:
    """A job without what only its runner gets."""
    return {key: value for key, value in job.items() if key not in ("token", "script", "trace")}


def _pipeline(request: Request) -> Json:
    found = request.project.pipelines.get(int(request.variables["pipeline"]))
    if found is None:
        raise not_found("Pipeline")
    return found


def _job(request: Request) -> Json:
    found = request.project.jobs.get(int(request.variables["job"]))
    if found is None:
        raise not_found("Job")
    return found


def _jobs(project: Project, pipeline: Json) -> list[Json]:
    return [job for job in project.jobs.values() if job["pipeline"]["id"] == pipeline["id"]]
