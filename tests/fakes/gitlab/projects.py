"""Users and projects: who one is, and what stands where."""

from __future__ import annotations

from tests.fakes.gitlab.routing import Reply, Request, not_found, route
from tests.fakes.gitlab.state import GUEST


@route("GET", "/user", scopes=("api", "read_api", "read_user"))
def me(request: Request) -> Reply:
    return Reply(200, request.user.shown)


@route("GET", "/job", job_token=True)
def job_of_token(request: Request) -> Reply:
    assert request.token is not None
    if request.token.job is None:
        raise not_found("Job")
    return Reply(200, request.token.job)


@route("GET", "/version", role=GUEST, scopes=("api", "read_api", "read_user"))
def version(request: Request) -> Reply:
    return Reply(200, {"version": "19.1.0", "revision": "0000000"})


@route("GET", "/projects/:project", role=GUEST)
def project(request: Request) -> Reply:
    found = request.project
    shown = {
        "id": found.id,
        "path_with_namespace": found.path,
        "default_branch": found.default_branch,
        "visibility": "private" if found.private else "public",
    }
    return Reply(200, shown)
