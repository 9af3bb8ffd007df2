"""Releases and their links. Rules from GitLab's documentation, «Releases API» and «Release links API»."""

from __future__ import annotations

from urllib.parse import unquote

from tests.fakes.gitlab.repository import create_tag, resolve
from tests.fakes.gitlab.routing import Refusal, Reply, Request, not_found, page, route
from tests.fakes.gitlab.state import REPORTER, Json

RELEASES = "/projects/:project/releases"
LINKS = f"{RELEASES}/:tag/assets/links"
LINK_TYPES = ("other", "runbook", "image", "package")


@route("GET", RELEASES, role=REPORTER, job_token=True)
def list_releases(request: Request) -> Reply:
    return page(request, list(request.project.releases.values())[::-1])


@route("GET", f"{RELEASES}/:tag", role=REPORTER, job_token=True)
def get_release(request: Request) -> Reply:
    return Reply(200, _one(request))


@route("POST", RELEASES, job_token=True)
def create_release(request: Request) -> Reply:
    project, content = request.project, request.content
    tag = request.required("tag_name")
    if tag in project.releases:
        raise Refusal(409, {"message": "Release already exists"})
    if project.repository is not None and resolve(project, f"refs/tags/{tag}") is None:
        if not content.get("ref"):
            raise Refusal(422, {"message": "Ref is not specified"})
        create_tag(project, tag, content["ref"], content.get("tag_message"))
    release: Json = {
        "tag_name": tag,
        "name": content.get("name") or tag,
        "description": content.get("description"),
        "released_at": request.time,
        "commit": {"id": resolve(project, tag)},
        "assets": {"count": 0, "links": []},
    }
    for link in (content.get("assets") or {}).get("links", []):
        _add(request, release, link)
    project.releases[tag] = release
    return Reply(201, release)


@route("PUT", f"{RELEASES}/:tag", job_token=True)
def update_release(request: Request) -> Reply:
    release = _one(request)
    release |= {key: request.content[key] for key in ("name", "description") if key in request.content}
    return Reply(200, release)


@route("DELETE", f"{RELEASES}/:tag", job_token=True)
def delete_release(request: Request) -> Reply:
    release = _one(request)
    del request.project.releases[release["tag_name"]]
    return Reply(200, release)


@route("GET", LINKS, role=REPORTER, job_token=True)
def list_links(request: Request) -> Reply:
    return page(request, _one(request)["assets"]["links"][::-1])


@route("POST", LINKS, job_token=True)
def create_link(request: Request) -> Reply:
    return Reply(201, _add(request, _one(request), request.content))


@route("PUT", f"{LINKS}/:link", job_token=True)
def update_link(request: Request) -> Reply:
    for link in _one(request)["assets"]["links"]:
        if str(link["id"]) == request.variables["link"]:
            link |= request.content
            return Reply(200, link)
    raise not_found("Link")


def _one(request: Request) -> Json:
    release = request.project.releases.get(unquote(request.variables["tag"]))
    if release is None:
        # GitLab hides from a job whether a release is absent or forbidden.
        raise Refusal(404, {"message": "404 Not Found"})
    return release


def _add(request: Request, release: Json, link: Json) -> Json:
    links = release["assets"]["links"]
    if not link.get("name") or not link.get("url"):
        raise Refusal(400, {"error": "name is missing, url is missing"})
    if link.get("link_type", "other") not in LINK_TYPES:
        raise Refusal(400, {"error": "link_type does not have a valid value"})
    for known in links:
        for key in ("name", "url"):
            if known[key] == link[key]:
                raise Refusal(400, {"message": {key: ["has already been taken"]}})
    made = {
        "id": request.world.number("link"),
        "name": link["name"],
        "url": link["url"],
        "link_type": link.get("link_type", "other"),
        "direct_asset_path": link.get("direct_asset_path"),
        "direct_asset_url": link["url"],
    }
    links.append(made)
    release["assets"]["count"] = len(links)
    return made
