"""Endpoints of merge requests: each has a tag of its own, `mr-7`, on the project's function."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from emel.deploy import Plan
from emel.errors import DeployError, ForgeError
from emel.forge import Forge, open_gitlab
from emel.records import Endpoint, PreviewEndpoint, PreviewStop
from emel.workflows.deploy import DeployRequest, deploy, open_cloud
from emel.workflows.local import LOCAL, is_serving
from emel.workflows.project import Progress, Project
from emel.workflows.review import find_place, find_review

TAG = re.compile(r"mr-([1-9][0-9]*)")
WRITTEN = re.compile(r"(?:mr-|!)?([1-9][0-9]*)")
"""How a merge request is named: `7`, `!7`, or by its tag `mr-7`."""


def start_preview(
    project: Project,
    *,
    tag: str,
    to: str = LOCAL,
    revision: str | None = None,
    progress: Progress,
    agreed: Callable[[Plan], bool] = lambda _: True,
) -> Endpoint:
    """Make the tag answer with the model of a revision. The same model again changes nothing.

    `agreed` is asked as by `deploy`.
    """
    return deploy(project, DeployRequest(to=to, tag=tag, revision=revision), progress, agreed=agreed)


def stop_preview(project: Project, *, tag: str, to: str = LOCAL) -> PreviewStop:
    """Take the tag away. Its version stays, so that starting it again uploads nothing.

    A preview that is not there is no error.
    """
    functions = open_cloud(project, to).functions
    number = functions.tags(project.config.model.name).get(tag)
    functions.remove_tag(project.config.model.name, tag)
    return PreviewStop(tag=tag, version=number)


def list_previews(project: Project, *, to: str = LOCAL) -> tuple[PreviewEndpoint, ...]:
    """The previews that there are, by the number of the merge request. Starts nothing, asks no forge."""
    functions = open_cloud(project, to).functions
    name = project.config.model.name
    answers = to != LOCAL or is_serving(project)
    found = (
        PreviewEndpoint(
            merge_request=int(match[1]),
            tag=tag,
            version=version,
            url=functions.url(name, tag) if answers else None,
        )
        for version in functions.versions(name)
        for tag in version.tags
        if (match := TAG.fullmatch(tag))
    )
    return tuple(sorted(found, key=lambda preview: preview.merge_request))


def previews_with_states(
    project: Project, *, to: str = LOCAL, env: Mapping[str, str], progress: Progress
) -> tuple[PreviewEndpoint, ...]:
    """The same with the state of each merge request, as the forge says.

    It is None for one that the forge does not show: it was deleted, or the token may not see it, which is the
    same answer. Errors: ForgeError when the forge cannot be asked.
    """
    previews = list_previews(project, to=to)
    if not previews:
        return ()
    progress.step("asking for the state of the merge requests")
    place = find_place(project.root, project.system, env)
    forge = open_gitlab(place, env, project.system.http, project.system.clock, tell=progress.step)
    return tuple(
        msgspec.structs.replace(preview, state=_state(forge, preview.merge_request)) for preview in previews
    )


def is_over(preview: PreviewEndpoint) -> bool:
    """Whether the merge request was merged or closed, as far as that was asked."""
    return preview.state in ("merged", "closed")


def preview_tag(project: Project, written: str | None, *, env: Mapping[str, str], progress: Progress) -> str:
    """The tag of a merge request: the one that is named, else that of the CI job or the branch checked out.

    Errors: DeployError for what names none; RepositoryError, ForgeError when it has to be looked for.
    """
    if written is not None:
        match = WRITTEN.fullmatch(written)
        if match is None:
            raise DeployError(
                f"{written!r} names no merge request", hint="write its number: 7, !7 or the tag mr-7"
            )
        return f"mr-{match[1]}"
    place = find_place(project.root, project.system, env)
    if place.merge_request:
        return f"mr-{place.merge_request}"
    review = find_review(place, project.system, env, progress.step)
    if review.on.type != "merge_request":
        raise DeployError(
            "there is no open merge request of this commit or branch",
            hint="name one by its number: emel preview start 7",
        )
    return f"mr-{review.on.id}"


def _state(forge: Forge, merge_request: int) -> str | None:
    try:
        return forge.merge_requests.get(merge_request).state
    except ForgeError as problem:
        if problem.status != 404:
            raise
        return None
