"""Merge requests. Rules from GitLab's documentation, «Merge requests API»."""

from __future__ import annotations

import subprocess

from tests.fakes.gitlab.repository import git, resolve
from tests.fakes.gitlab.routing import Refusal, Reply, Request, not_found, page, route
from tests.fakes.gitlab.state import REPORTER, Json, Project

MERGE_REQUESTS = "/projects/:project/merge_requests"
SETTABLE = ("title", "description", "target_branch", "squash", "remove_source_branch")


@route("GET", MERGE_REQUESTS, role=REPORTER, job_token=True)
def list_merge_requests(request: Request) -> Reply:
    wanted = {key: request.query[key] for key in ("source_branch", "target_branch") if key in request.query}
    state = request.query.get("state", "all")
    found = [
        each
        for each in _all(request.project)
        if all(each[key] == value for key, value in wanted.items()) and state in ("all", each["state"])
    ]
    return page(request, found[::-1])


@route("GET", "/projects/:project/repository/commits/:sha/merge_requests", role=REPORTER, job_token=True)
def list_of_commit(request: Request) -> Reply:
    state = request.query.get("state", "all")
    found = [
        each
        for each in _all(request.project)
        if request.variables["sha"] in _commits(request.project, each) and state in ("all", each["state"])
    ]
    return page(request, found)


@route("GET", f"{MERGE_REQUESTS}/:iid", role=REPORTER, job_token=True)
def get_merge_request(request: Request) -> Reply:
    return Reply(200, shown(request.project, _one(request)))


@route("POST", MERGE_REQUESTS)
def create_merge_request(request: Request) -> Reply:
    project, content = request.project, request.content
    source, target = request.required("source_branch"), request.required("target_branch")
    request.required("title")
    for open_one in project.merge_requests.values():
        if open_one["state"] == "opened" and open_one["source_branch"] == source:
            said = f"Another open merge request already exists for this source branch: !{open_one['iid']}"
            raise Refusal(409, {"message": [said]})
    if project.repository is not None and resolve(project, f"refs/heads/{source}") is None:
        raise Refusal(422, {"message": {"source_branch": ["does not exist"]}})
    fields = {key: content[key] for key in SETTABLE if key in content}
    opened = request.world.merge_request(project, source, **{**fields, "target_branch": target})
    opened |= {"labels": _labels(content.get("labels")), "author": request.user.shown}
    return Reply(201, shown(project, opened))


@route("PUT", f"{MERGE_REQUESTS}/:iid")
def update_merge_request(request: Request) -> Reply:
    changed, content = _one(request), request.content
    changed |= {key: content[key] for key in SETTABLE if key in content}
    if "labels" in content:
        changed["labels"] = _labels(content["labels"])
    if content.get("state_event"):
        changed["state"] = {"close": "closed", "reopen": "opened"}[content["state_event"]]
    return Reply(200, shown(request.project, changed))


@route("PUT", f"{MERGE_REQUESTS}/:iid/merge")
def merge(request: Request) -> Reply:
    merged = _one(request)
    if merged["state"] != "opened" or merged["detailed_merge_status"] != "mergeable":
        raise Refusal(405, {"message": "405 Method Not Allowed"})
    if request.content.get("auto_merge") or request.content.get("merge_when_pipeline_succeeds"):
        merged["merge_when_pipeline_succeeds"] = True
        return Reply(200, shown(request.project, merged))
    merged |= {"merge_commit_sha": _merged(request, merged), "state": "merged"}
    return Reply(200, shown(request.project, merged))


@route("PUT", f"{MERGE_REQUESTS}/:iid/rebase")
def rebase(request: Request) -> Reply:
    _one(request)["rebase_in_progress"] = True
    return Reply(202, {"rebase_in_progress": True})


def shown(project: Project, merge_request: Json) -> Json:
    """A merge request with the head of its source branch, while that exists."""
    head = project.repository and resolve(project, f"refs/heads/{merge_request['source_branch']}")
    return {**merge_request, "sha": head or merge_request["sha"]}


def _all(project: Project) -> list[Json]:
    return [shown(project, one) for one in project.merge_requests.values()]


def _one(request: Request) -> Json:
    found = request.project.merge_requests.get(int(request.variables["iid"]))
    if found is None:
        raise not_found("Merge Request")
    return found


def _labels(given: object) -> list[str]:
    return given.split(",") if isinstance(given, str) else list(given or [])  # type: ignore[call-overload]


def _commits(project: Project, merge_request: Json) -> set[str]:
    """Of the branch and of the merge (GitLab's app/models/merge_request.rb, `by_related_commit_sha`)."""
    head, merge = merge_request["sha"], merge_request["merge_commit_sha"]
    if project.repository is None or head is None:
        return {head, merge}
    listed = git(project, "rev-list", head, "--not", f"refs/heads/{merge_request['target_branch']}")
    return {head, merge, *listed.split()}


def _merged(request: Request, merge_request: Json) -> str | None:
    """The merge commit, which the target branch then points at."""
    project = request.project
    if project.repository is None:
        return None
    target = f"refs/heads/{merge_request['target_branch']}"
    source = f"refs/heads/{merge_request['source_branch']}"
    try:
        tree = git(project, "merge-tree", "--write-tree", target, source).split()[0]
    except subprocess.CalledProcessError:
        raise Refusal(406, {"message": "Branch cannot be merged"}) from None
    message = f"Merge branch '{merge_request['source_branch']}' into '{merge_request['target_branch']}'"
    commit = git(project, "commit-tree", tree, "-p", target, "-p", source, "-m", message).strip()
    git(project, "update-ref", target, commit)
    if merge_request.get("remove_source_branch"):
        git(project, "update-ref", "-d", source)
    return commit
