"""Runners with authentication tokens, as their owners see them; coordinator.py is the runners' own side.

Rules from GitLab's source (`lib/api/user_runners.rb`) and its documentation, «Runners API».
"""

from __future__ import annotations

from typing import Any

from tests.fakes.gitlab.routing import Refusal, Reply, Request, not_found, page, route
from tests.fakes.gitlab.state import MAINTAINER, Json, Project, World

ONLINE_SECONDS = 7200.0
"""A runner is online for so long after its last word."""
ONLY_IN_DETAIL = ("tag_list", "maintenance_note", "maximum_timeout", "run_untagged")
CREATE, MANAGE = ("api", "create_runner"), ("api", "manage_runner")
FIELDS = (
    "description",
    "tag_list",
    "paused",
    "locked",
    "run_untagged",
    "maximum_timeout",
    "maintenance_note",
)


def add_runner(world: World, project: Project, **fields: Any) -> Json:
    """A new runner of the project that was never heard of."""
    number = world.number("runner")
    token = f"glrt-{number:020}"
    runner: Json = {"id": number, "token": token, "contacted_at": None, "paused": False, **fields}
    project.runners[number] = runner
    return runner


@route("POST", "/user/runners", scopes=CREATE)
def create_runner(request: Request) -> Reply:
    if request.required("runner_type") != "project_type":
        raise Refusal(403, {"message": "403 Forbidden"})
    project = request.world.projects.get(int(request.required("project_id")))
    if project is None:
        raise not_found("Project")
    if project.members.get(request.user.id, 0) < MAINTAINER:
        raise Refusal(403, {"message": "403 Forbidden"})
    given = {key: request.content[key] for key in FIELDS if key in request.content}
    runner = add_runner(request.world, project, **given)
    return Reply(201, {"id": runner["id"], "token": runner["token"], "token_expires_at": None})


@route("GET", "/projects/:project/runners", role=MAINTAINER, scopes=(*MANAGE, "read_api"))
def list_runners(request: Request) -> Reply:
    tags = set(filter(None, request.query.get("tag_list", "").split(",")))
    found = [each for each in request.project.runners.values() if tags <= set(each.get("tag_list", ()))]

    def listed(runner: Json) -> Json:
        shown = _shown(runner, request.now)
        return {key: value for key, value in shown.items() if key not in ONLY_IN_DETAIL}

    return page(request, found, listed)


@route("GET", "/runners/:runner", scopes=(*MANAGE, "read_api"))
def get_runner(request: Request) -> Reply:
    _, runner = _one(request)
    return Reply(200, _shown(runner, request.now))


@route("GET", "/runners/:runner/jobs", scopes=(*MANAGE, "read_api"))
def list_jobs(request: Request) -> Reply:
    project, runner = _one(request)
    wanted = request.query.get("status")
    found = [job for job in project.jobs.values() if job.get("runner") == runner["id"]]
    return page(request, [job for job in found if wanted in (None, job["status"])])


@route("PUT", "/runners/:runner", scopes=MANAGE)
def update_runner(request: Request) -> Reply:
    _, runner = _one(request)
    runner |= {key: request.content[key] for key in FIELDS if key in request.content}
    return Reply(200, _shown(runner, request.now))


@route("DELETE", "/runners/:runner", scopes=MANAGE)
def delete_runner(request: Request) -> Reply:
    project, runner = _one(request)
    del project.runners[runner["id"]]
    return Reply(204)


def _one(request: Request) -> tuple[Project, Json]:
    for project in request.world.projects.values():
        runner = project.runners.get(int(request.variables["runner"]))
        if runner is not None:
            if project.members.get(request.user.id, 0) < MAINTAINER:
                raise Refusal(403, {"message": "403 Forbidden"})
            return project, runner
    raise not_found("Runner")


def _shown(runner: Json, now: float) -> Json:
    contacted = runner["contacted_at"]
    if contacted is None:
        status = "never_contacted"
    else:
        status = "online" if now - contacted < ONLINE_SECONDS else "offline"
    hidden = ("token", "contacted_at")
    return {**{key: value for key, value in runner.items() if key not in hidden}, "status": status}
