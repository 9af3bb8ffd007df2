"""GitLab, from gitlab.com to a server of one's own, through its REST API (version 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from emel.forge.base import Forge
from emel.forge.gitlab.api import WRITE, Api
from emel.forge.gitlab.commits import GitLabCommits
from emel.forge.gitlab.environments import GitLabEnvironments
from emel.forge.gitlab.experiments import GitLabExperiments
from emel.forge.gitlab.merge_requests import GitLabMergeRequests
from emel.forge.gitlab.notes import GitLabNotes
from emel.forge.gitlab.packages import GitLabPackages
from emel.forge.gitlab.pipelines import GitLabPipelines
from emel.forge.gitlab.refusals import Needs, missing_token
from emel.forge.gitlab.releases import GitLabReleases
from emel.forge.gitlab.runners import LAUNCH, GitLabRunners
from emel.forge.gitlab.sending import Sender
from emel.forge.gitlab.tokens import find_tokens
from emel.forge.gitlab.uploads import GitLabUploads
from emel.records.forges import Place
from emel.system.clock import Clock
from emel.system.http import FileHttp

__all__ = ["LAUNCH", "open_gitlab", "require_access_token"]


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
        experiments=GitLabExperiments(api, place.project_url),
    )


def require_access_token(place: Place, env: Mapping[str, str], needs: Needs = WRITE) -> None:
    """See to it that there is a token that may write, before anything is read or sent.

    Errors: MissingTokenError, which asks for one that may do all of what follows, not only its first call.
    """
    tokens = find_tokens(env)
    if tokens.access is None:
        raise missing_token(job_token=tokens.job, needs=needs, project_url=place.project_url)
