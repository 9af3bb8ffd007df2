"""Environments and deployments. Rules from GitLab's documentation, «Environments API», «Deployments API»."""

from __future__ import annotations

from tests.fakes.gitlab.routing import Refusal, Reply, Request, not_found, page, route
from tests.fakes.gitlab.state import REPORTER, Json

ENVIRONMENTS = "/projects/:project/environments"
DEPLOYMENTS = "/projects/:project/deployments"
TIERS = ("production", "staging", "testing", "development", "other")
STATUSES = ("running", "success", "failed", "canceled")


@route("GET", ENVIRONMENTS, role=REPORTER, job_token=True)
def list_environments(request: Request) -> Reply:
    found = list(request.project.environments.values())
    query = request.query
    if 0 < len(query.get("search", "")) < 3:
        raise Refusal(400, {"message": "400 Bad request - Search query is less than 3 characters"})
    found = [each for each in found if query.get("name") in (None, each["name"])]
    found = [each for each in found if query.get("search", "") in each["name"]]
    return page(request, [each for each in found if query.get("states") in (None, each["state"])])


@route("POST", ENVIRONMENTS, job_token=True)
def create_environment(request: Request) -> Reply:
    name = request.required("name")
    if any(each["name"] == name for each in request.project.environments.values()):
        raise Refusal(400, {"message": {"name": ["has already been taken"]}})
    return Reply(201, _make(request, name, request.content))


@route("PUT", f"{ENVIRONMENTS}/:environment", job_token=True)
def update_environment(request: Request) -> Reply:
    changed = _one(request)
    changed |= {key: request.content[key] for key in ("external_url", "tier") if key in request.content}
    return Reply(200, changed)


@route("POST", f"{ENVIRONMENTS}/:environment/stop", job_token=True)
def stop(request: Request) -> Reply:
    stopped = _one(request)
    stopped["state"] = "stopped"
    return Reply(200, stopped)


@route("DELETE", f"{ENVIRONMENTS}/:environment", job_token=True)
def delete_environment(request: Request) -> Reply:
    gone = _one(request)
    if gone["state"] != "stopped":
        raise Refusal(403, {"message": "403 Forbidden"})
    del request.project.environments[gone["id"]]
    return Reply(204)


@route("GET", DEPLOYMENTS, role=REPORTER, job_token=True)
def list_deployments(request: Request) -> Reply:
    return page(request, list(request.project.deployments.values()))


@route("POST", DEPLOYMENTS, job_token=True)
def create_deployment(request: Request) -> Reply:
    name = request.required("environment")
    for key in ("sha", "ref", "status"):
        request.required(key)
    _check_status(request)
    environments = request.project.environments.values()
    of = next((each for each in environments if each["name"] == name), None) or _make(request, name, {})
    of["state"] = "available"
    number = request.world.number("deployment")
    keys = ("sha", "ref", "status", "tag")
    made = {
        "id": number,
        "iid": number,
        **{key: request.content.get(key) for key in keys},
        "environment": of,
    }
    request.project.deployments[number] = made
    return Reply(201, made)


@route("PUT", f"{DEPLOYMENTS}/:deployment", job_token=True)
def update_deployment(request: Request) -> Reply:
    found = request.project.deployments.get(int(request.variables["deployment"]))
    if found is None:
        raise not_found("Deployment")
    request.required("status")
    _check_status(request)
    found["status"] = request.content["status"]
    return Reply(200, found)


def _check_status(request: Request) -> None:
    if request.content["status"] not in STATUSES:
        raise Refusal(400, {"error": "status does not have a valid value"})


def _make(request: Request, name: str, content: Json) -> Json:
    if content.get("tier", "other") not in TIERS:
        raise Refusal(400, {"error": "tier does not have a valid value"})
    number = request.world.number("environment")
    made: Json = {
        "id": number,
        "name": name,
        "slug": name.replace("/", "-")[:24],
        "state": "available",
        "external_url": content.get("external_url"),
        "tier": content.get("tier", "other"),
        "auto_stop_at": None,
    }
    request.project.environments[number] = made
    return made


def _one(request: Request) -> Json:
    found = request.project.environments.get(int(request.variables["environment"]))
    if found is None:
        raise not_found("Environment")
    return found
