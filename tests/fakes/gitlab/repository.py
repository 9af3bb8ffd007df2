"""Commits, branches and tags of a bare Git repository, asked through `git`; statuses of commits."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from urllib.parse import unquote

from tests.fakes.gitlab.routing import Refusal, Reply, Request, not_found, page, route
from tests.fakes.gitlab.state import REPORTER, Json, Project

IDENTITY = {
    "GIT_AUTHOR_NAME": "GitLab",
    "GIT_AUTHOR_EMAIL": "gitlab@localhost",
    "GIT_COMMITTER_NAME": "GitLab",
    "GIT_COMMITTER_EMAIL": "gitlab@localhost",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
REPOSITORY = "/projects/:project/repository"


@route("GET", f"{REPOSITORY}/commits/:sha", role=REPORTER, job_token=True)
def get_commit(request: Request) -> Reply:
    commit = resolve(request.project, unquote(request.variables["sha"]))
    if commit is None:
        raise not_found("Commit")
    title, _, body = git(request.project, "log", "-1", "--format=%s%x00%B", commit).partition("\0")
    return Reply(200, {"id": commit, "short_id": commit[:8], "title": title, "message": body, "web_url": ""})


@route("GET", f"{REPOSITORY}/branches", role=REPORTER, job_token=True)
def list_branches(request: Request) -> Reply:
    return page(request, _refs(request.project, "heads"))


@route("POST", f"{REPOSITORY}/branches")
def create_branch(request: Request) -> Reply:
    name, commit = request.required("branch"), resolve(request.project, request.required("ref"))
    if commit is None:
        raise Refusal(400, {"message": "Invalid reference name"})
    if resolve(request.project, f"refs/heads/{name}"):
        raise Refusal(400, {"message": "Branch already exists"})
    git(request.project, "update-ref", f"refs/heads/{name}", commit)
    return Reply(201, {"name": name, "commit": {"id": commit}})


@route("GET", f"{REPOSITORY}/tags", role=REPORTER, job_token=True)
def list_tags(request: Request) -> Reply:
    return page(request, _refs(request.project, "tags"))


@route("POST", f"{REPOSITORY}/tags")
def create_tag_by_api(request: Request) -> Reply:
    name = request.required("tag_name")
    create_tag(request.project, name, request.required("ref"), request.content.get("message"))
    return Reply(201, {"name": name, "commit": {"id": resolve(request.project, name)}})


@route("POST", "/projects/:project/statuses/:sha")
def create_status(request: Request) -> Reply:
    state = request.required("state")
    if state not in ("pending", "running", "success", "failed", "canceled", "skipped"):
        raise Refusal(400, {"error": "state does not have a valid value"})
    content = request.content
    name = content.get("name") or content.get("context") or "default"
    status = {
        "id": request.world.number("status"),
        "sha": request.variables["sha"],
        "status": state,
        "name": name,
        "ref": content.get("ref"),
        "description": content.get("description"),
        "target_url": content.get("target_url"),
        "author": request.user.shown,
    }
    request.project.statuses.append(status)
    return Reply(201, status)


def create_tag(project: Project, name: str, ref: str, message: str | None) -> None:
    """Make a tag, annotated when there is a message. Errors: Refusal."""
    if project.repository is None:
        return
    commit = resolve(project, ref)
    if commit is None:
        raise Refusal(400, {"message": f"Target {ref} is invalid"})
    if resolve(project, f"refs/tags/{name}"):
        raise Refusal(400, {"message": f"Tag {name} already exists"})
    git(project, "tag", *(["-a", "-m", message] if message else []), "--", name, commit)


def resolve(project: Project, revision: str) -> str | None:
    """The commit that a revision means; without a repository any text is one."""
    if project.repository is None:
        return revision
    try:
        return git(project, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
    except subprocess.CalledProcessError:
        return None


def git(project: Project, *arguments: str) -> str:
    """What `git` prints. Errors: CalledProcessError."""
    assert isinstance(project.repository, Path)
    done = subprocess.run(
        ["git", "--git-dir", project.repository, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **IDENTITY},
    )
    return done.stdout


def _refs(project: Project, kind: str) -> list[Json]:
    if project.repository is None:
        return []
    shown = "%(refname:strip=2) %(objectname) %(*objectname)"
    lines = git(project, "for-each-ref", f"--format={shown}", f"refs/{kind}").splitlines()
    return [{"name": words[0], "commit": {"id": words[-1]}} for words in map(str.split, lines)]
