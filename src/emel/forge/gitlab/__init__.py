"""GitLab, from gitlab.com to a server of one's own, through its REST API (version 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from emel.forge.base import Forge
from emel.forge.gitlab.api import Api
from emel.forge.gitlab.commits import GitLabCommits
from emel.forge.gitlab.environments import GitLabEnvironments
from emel.forge.gitlab.merge_requests import GitLabMergeRequests
from emel.forge.gitlab.notes import GitLabNotes
from emel.forge.gitlab.packages import GitLabPackages
from emel.forge.gitlab.pipelines import GitLabPipelines
from emel.forge.gitlab.releases import GitLabReleases
from emel.forge.gitlab.runners import GitLabRunners
from emel.forge.gitlab.sending import Sender
from emel.forge.gitlab.tokens import find_tokens
from emel.forge.gitlab.uploads import GitLabUploads
from emel.records.forges import Place
from emel.system.clock import Clock
from emel.system.http import FileHttp

__all__ = ["open_gitlab"]


def open_gitlab(
    place: Place,
    env: Mapping[str, str],
    http: FileHttp,
    clock: Clock,
    *,
    project: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Forge:
    """A project on the server of `place`: its own, or `project` by number or path.

    Tokens come from `env`. `tell` hears why a call waits. Nothing is asked of the server yet.
    """
    chosen = project or place.project
    sender = Sender(place.api_url, place.project_url, find_tokens(env), http, clock, tell)
    api = Api(sender, chosen)
    return Forge(
        project=chosen,
        notes=GitLabNotes(api),
        uploads=GitLabUploads(api),
        merge_requests=GitLabMergeRequests(api),
        commits=GitLabCommits(api),
        releases=GitLabReleases(api),
        packages=GitLabPackages(api),
        environments=GitLabEnvironments(api),
        pipelines=GitLabPipelines(api),
        runners=GitLabRunners(api, chosen),
    )
