"""A file that comments of the project can show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from emel.errors import ForgeError
from emel.forge import open_gitlab
from emel.workflows.machine import System
from emel.workflows.review import find_place

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".mp4", ".webm", ".mov")
"""What GitLab shows in its place (its documentation, «GitLab Flavored Markdown», Images, Videos)."""


class Asset(Struct, frozen=True, kw_only=True):
    """An uploaded file."""

    url: str
    """Its whole address."""
    markdown: str
    """What shows it, or links to it, in comments of the same project."""


def publish_asset(
    file: Path,
    title: str | None,
    *,
    root: Path,
    system: System,
    env: Mapping[str, str],
    tell: Callable[[str], None],
) -> Asset:
    """Upload a file to the project in which the change is reviewed. Repeated it uploads another.

    Errors: OSError, ForgeError.
    """
    content = file.read_bytes()
    place = find_place(root, system, env)
    project = place.merge_request_project or place.project
    forge = open_gitlab(place, env, system.http, system.clock, project=project, tell=tell)
    made = forge.uploads.create(file.name, content)
    if not made.full_path and project != place.project:
        raise ForgeError(
            "this GitLab server is too old to tell the whole address of an upload in another project",
            hint="upload from a pipeline of the project itself, or update GitLab",
        )
    server = place.api_url.removesuffix("/api/v4")
    shown = "!" if file.suffix.lower() in PICTURES else ""
    words = (title or file.name).replace("[", "\\[").replace("]", "\\]")
    return Asset(
        # Servers before 17.1 have it below the project's own page.
        url=f"{server}{made.full_path}" if made.full_path else f"{place.project_url}{made.url}",
        markdown=f"{shown}[{words}]({made.url})",
    )
