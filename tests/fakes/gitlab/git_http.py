"""Git itself over HTTP, by git's own server program, for those whose token may (Git documentation,
«git-http-backend»; GitLab documentation, «Personal access tokens», «CI/CD job token»)."""

from __future__ import annotations

import base64
import os
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from tests.fakes.gitlab.repository import IDENTITY
from tests.fakes.gitlab.routing import Reply
from tests.fakes.gitlab.state import DEVELOPER, REPORTER, Project, World


def answer(world: World, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
    """The reply to one request of a git client."""
    parts = urlsplit(target)
    path, _, rest = parts.path.strip("/").partition(".git/")
    project = next((each for each in world.projects.values() if each.path == path), None)
    role = _role(world, project, headers.get("authorization", "")) if project else 0
    is_push = "git-receive-pack" in target
    if role == 0:
        asks = {"www-authenticate": 'Basic realm="GitLab"', "content-type": "text/plain"}
        return Reply(401, b"HTTP Basic: Access denied", asks)
    assert project is not None and isinstance(project.repository, Path)
    if role < (DEVELOPER if is_push else REPORTER):
        return Reply(
            403, b"You are not allowed to push code to this project.", {"content-type": "text/plain"}
        )
    done = subprocess.run(
        ["git", "http-backend"],
        input=body,
        capture_output=True,
        check=True,
        env={
            **os.environ,
            **IDENTITY,
            "GIT_PROJECT_ROOT": str(project.repository),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{rest}",
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": method,
            "CONTENT_TYPE": headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
            "GIT_PROTOCOL": headers.get("git-protocol", ""),
            "REMOTE_USER": "git",
        },
    )
    return _reply(done.stdout)


def _role(world: World, project: Project, authorization: str) -> int:
    login = base64.b64decode(authorization.removeprefix("Basic ")).decode()
    user, _, password = login.partition(":")
    token = world.tokens.get(password)
    if token is None or token.revoked or (token.project not in (None, project)):
        return 0
    if token.kind == "job":
        # Pushing is an opt-in of the project.
        return min(project.members.get(token.user.id, 0), REPORTER) if user == "gitlab-ci-token" else 0
    allowed = token.scopes & {"api", "write_repository"}
    return project.members.get(token.user.id, 0) if allowed else 0


def _reply(output: bytes) -> Reply:
    head, _, content = output.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    status = int(headers.pop("Status", "200").split()[0])
    return Reply(status, content, {name.lower(): value for name, value in headers.items()})
