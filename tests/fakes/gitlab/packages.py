"""Generic packages. Rules from GitLab's documentation, «Generic packages repository», and its source."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import unquote

from tests.fakes.gitlab.routing import Refusal, Reply, Request, not_found, page, route
from tests.fakes.gitlab.state import REPORTER, Json

PACKAGES = "/projects/:project/packages"
FILE = f"{PACKAGES}/generic/:name/:version/*file"
LONGEST_FILE = 5 << 30


@route("PUT", FILE, job_token=True, deploy_token=True)
def publish(request: Request) -> Reply:
    named = {key: unquote(request.variables[key]) for key in ("name", "version", "file")}
    if not re.fullmatch(r"(?![~@])[\w.+~@/-]+(?<![~@])", named["file"]):
        raise Refusal(400, {"error": "file_name is invalid"})
    if not re.fullmatch(r"\w[\w.+-]*", named["version"]):
        raise Refusal(400, {"error": "package_version is invalid"})
    if len(request.body) > LONGEST_FILE:
        raise Refusal(400, {"message": "400 Bad request - File is too large"})
    known = _files(request, named["name"], named["version"])
    if not request.project.duplicate_packages and any(f["file_name"] == named["file"] for f in known):
        raise Refusal(400, {"message": "400 Bad request - Duplicate package is not allowed"})
    stored = {
        "id": request.world.number("package_file"),
        "package_id": known[0]["package_id"] if known else request.world.number("package"),
        "package": named["name"],
        "version": named["version"],
        "file_name": named["file"],
        "size": len(request.body),
        "file_sha256": hashlib.sha256(request.body).hexdigest(),
        "content": request.body,
    }
    request.project.package_files.append(stored)
    chosen = request.query.get("select") == "package_file"
    return Reply(201, _shown(stored) if chosen else {"message": "201 Created"})


@route("GET", FILE, role=REPORTER, job_token=True, deploy_token=True)
def download(request: Request) -> Reply:
    for stored in reversed(
        _files(request, unquote(request.variables["name"]), unquote(request.variables["version"]))
    ):
        if stored["file_name"] == unquote(request.variables["file"]):
            headers = {"content-type": "application/octet-stream", "x-checksum-sha256": stored["file_sha256"]}
            return Reply(200, stored["content"], headers)
    raise not_found("File")


@route("GET", PACKAGES, role=REPORTER, job_token=True)
def list_packages(request: Request) -> Reply:
    wanted, kind = request.query.get("package_name", ""), request.query.get("package_type", "generic")
    found = {
        file["package_id"]: {
            "id": file["package_id"],
            "name": file["package"],
            "version": file["version"],
            "package_type": "generic",
        }
        for file in request.project.package_files
        if wanted in file["package"] and kind == "generic"
    }
    return page(request, list(found.values()))


@route("GET", f"{PACKAGES}/:package/package_files", role=REPORTER, job_token=True)
def list_package_files(request: Request) -> Reply:
    return page(request, _of_package(request), _shown)


@route("DELETE", f"{PACKAGES}/:package", job_token=True)
def delete_package(request: Request) -> Reply:
    for file in _of_package(request):
        request.project.package_files.remove(file)
    return Reply(204)


def _files(request: Request, name: str, version: str) -> list[Json]:
    return [
        file
        for file in request.project.package_files
        if (file["package"], file["version"]) == (name, version)
    ]


def _of_package(request: Request) -> list[Json]:
    number = request.variables["package"]
    found = [file for file in request.project.package_files if str(file["package_id"]) == number]
    if not found:
        raise not_found("Package")
    return found


def _shown(file: Json) -> Json:
    return {key: file[key] for key in ("id", "package_id", "file_name", "size", "file_sha256")}
