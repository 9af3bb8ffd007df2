"""Where emel works, from what GitLab tells its jobs, or from the repository's `origin`. Asks no server.

The variables are those of GitLab's documentation, «Predefined CI/CD variables».
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from emel.errors import ForgeError
from emel.records.forges import Place

URL_VARIABLE = "EMEL_GITLAB_URL"
"""The address of the server, for the one case that `origin` cannot tell: outside CI, under a sub-path or by
another name than that of SSH."""


def place_of_job(env: Mapping[str, str]) -> Place | None:
    """Where the CI job of this environment works; None outside of GitLab's CI."""
    api_url, project = env.get("CI_API_V4_URL"), env.get("CI_PROJECT_ID")
    if not api_url or not project:
        return None
    target = env.get("CI_MERGE_REQUEST_PROJECT_ID") or None
    iid = env.get("CI_MERGE_REQUEST_IID") or None
    path = env.get("CI_MERGE_REQUEST_PROJECT_PATH") or env.get("CI_PROJECT_PATH")
    if iid is None:
        path, iid = _of_branch_pipeline(env)
        # The project's own path is its number by another name; one of them is enough in addresses.
        target = project if path == env.get("CI_PROJECT_PATH") else path
    source = env.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") or project
    return Place(
        api_url=api_url.rstrip("/"),
        project=project,
        project_url=_project_url(env, api_url).rstrip("/"),
        # A merged results pipeline runs on a merge that no branch holds.
        commit=env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or env.get("CI_COMMIT_SHA") or None,
        branch=env.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME") or env.get("CI_COMMIT_BRANCH") or None,
        merge_request=iid,
        merge_request_project=(target or project) if iid else None,
        merge_request_url=_merge_request_url(env, api_url, path, iid) if iid else None,
        pipeline=env.get("CI_PIPELINE_ID") or None,
        job=env.get("CI_JOB_ID") or None,
        job_name=env.get("CI_JOB_NAME") or None,
        job_url=env.get("CI_JOB_URL") or None,
        from_fork=bool(iid and target not in (None, source, project)),
        in_ci=True,
    )


def place_of_origin(origin: str, branch: str | None, commit: str | None, env: Mapping[str, str]) -> Place:
    """Where a repository with this `origin` lives. Errors: ForgeError when it is no address of a server."""
    server, path = _server_and_path(origin)
    given = (env.get(URL_VARIABLE) or env.get("CI_SERVER_URL") or "").rstrip("/")
    if given:
        folder = urlsplit(given).path.strip("/")
        server, path = given, path.removeprefix(f"{folder}/") if folder else path
    if not server or "/" not in path:
        raise ForgeError(
            f"the remote `origin` is no project on a GitLab server: {_without_login(origin)}",
            hint=f"set the remote's address, or name the server in {URL_VARIABLE}",
        )
    return Place(
        api_url=f"{server}/api/v4",
        project=path,
        project_url=f"{server}/{path}",
        commit=commit,
        branch=branch,
    )


def _of_branch_pipeline(env: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Project path and number of the first open merge request of a branch, from `group/project!12,…`."""
    first = env.get("CI_OPEN_MERGE_REQUESTS", "").split(",")[0]
    path, mark, iid = first.strip().rpartition("!")
    return (path, iid) if mark and iid.isdigit() else (None, None)


def _merge_request_url(env: Mapping[str, str], api_url: str, path: str | None, iid: str) -> str | None:
    server = api_url.rstrip("/").removesuffix("/api/v4")
    project = env.get("CI_MERGE_REQUEST_PROJECT_URL") or (f"{server}/{path}" if path else None)
    return f"{project}/-/merge_requests/{iid}" if project else None


def _project_url(env: Mapping[str, str], api_url: str) -> str:
    known = env.get("CI_PROJECT_URL")
    return known or f"{api_url.rstrip('/').removesuffix('/api/v4')}/{env.get('CI_PROJECT_PATH', '')}"


def _server_and_path(origin: str) -> tuple[str, str]:
    """`https://host/group/project.git`, `ssh://git@host:2222/…` and `git@host:group/project.git` alike."""
    short = re.fullmatch(r"(?:[^@/\s]+@)?([^:/\s]+):(?!//)(.+)", origin)
    if short:
        return f"https://{short[1]}", _project_path(short[2])
    parts = urlsplit(origin)
    if parts.scheme not in ("http", "https", "ssh", "git+ssh") or not parts.hostname:
        return "", ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if parts.scheme in ("http", "https"):
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{host}{port}", _project_path(parts.path)
    return f"https://{host}", _project_path(parts.path)


def _project_path(path: str) -> str:
    return path.strip("/").removesuffix(".git").strip("/")


def _without_login(origin: str) -> str:
    return re.sub(r"//[^@/]*@", "//", origin)
