"""Who asks, and whether they may: tokens of every kind with their scopes and roles.

Rules from GitLab's documentation: «REST API authentication», «CI/CD job token», «REST API troubleshooting».
"""

from __future__ import annotations

from urllib.parse import unquote

from tests.fakes.gitlab.routing import Refusal, Request, Route, not_found
from tests.fakes.gitlab.state import GUEST, OWNER, Project, Token

UNAUTHORIZED = Refusal(401, {"message": "401 Unauthorized"})
HEADERS = {"private-token": ("personal", "project"), "job-token": ("job",), "deploy-token": ("deploy",)}


def admit(route: Route, request: Request) -> None:
    """Find token and project and hold them against what the route asks. Errors: Refusal."""
    if route.public:
        return
    token = request.token = _token(request)
    if token is None:
        raise UNAUTHORIZED
    if token.kind == "job" and not route.job_token:
        # Routes without leave for job tokens do not see them at all.
        raise UNAUTHORIZED
    if token.kind == "deploy" and not route.deploy_token:
        raise UNAUTHORIZED
    if token.kind in ("personal", "project") and not token.scopes & set(route.scopes):
        described = "The request requires higher privileges than provided by the access token."
        scope = " ".join(route.scopes)
        raise Refusal(403, {"error": "insufficient_scope", "error_description": described, "scope": scope})
    if "project" in request.variables:
        _enter_project(route, request, token)


def _token(request: Request) -> Token | None:
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    for name, kinds in (*HEADERS.items(), ("bearer", ("personal", "project"))):
        value = bearer if name == "bearer" else request.headers.get(name, "")
        known = request.world.tokens.get(value)
        if known and known.revoked:
            described = "Token was revoked. You have to re-authorize from the user."
            raise Refusal(401, {"error": "invalid_token", "error_description": described})
        if known and known.kind in kinds:
            return known
    return None


def _enter_project(route: Route, request: Request, token: Token) -> None:
    wanted = unquote(request.variables["project"])
    project = _project(request, wanted)
    request.role = _role(project, token)
    if request.role < GUEST and (project.private or request.method != "GET"):
        raise not_found("Project")
    if request.role < route.role and not (request.method == "GET" and not project.private):
        raise Refusal(403, {"message": "403 Forbidden"})
    request._project = project


def _project(request: Request, wanted: str) -> Project:
    world = request.world
    if wanted.isdigit() and int(wanted) in world.projects:
        return world.projects[int(wanted)]
    for project in world.projects.values():
        if project.path == wanted:
            return project
    if wanted in world.moved:
        there = f"/projects/{world.moved[wanted].id}"
        rest = request.path.removeprefix(f"/projects/{request.variables['project']}")
        raise Refusal(301, {"message": "301 Moved"}, {"location": f"{request.base}{there}{rest}"})
    raise not_found("Project")


def _role(project: Project, token: Token) -> int:
    """A project token works in its project alone, a job token with the rights of who started the job."""
    if token.project is not None and token.project is not project:
        return 0
    if token.kind == "deploy":
        return OWNER
    return project.members.get(token.user.id, 0)
