"""A usual project on the fake server: a merge request, a developer's token, and the variables of its job."""

from __future__ import annotations

from collections.abc import Callable

from tests.fakes.gitlab.server import FakeGitLab
from tests.fakes.gitlab.state import DEVELOPER, Project

from emel.forge import Forge, open_gitlab
from emel.records.forges import Noteable, Place
from emel.system.http import SystemHttp

COMMIT = "4" * 40
ON = Noteable("merge_request", "1")


def usual_project(fake: FakeGitLab, path: str = "team/churn") -> Project:
    """A project with merge request 1, of the branch `topic` at COMMIT."""
    project = fake.world.project(path)
    fake.world.merge_request(project, "topic", sha=COMMIT)
    return project


def place_in(fake: FakeGitLab, project: Project) -> Place:
    return Place(api_url=fake.api_url, project=str(project.id), project_url=f"{fake.url}/{project.path}")


def forge_of(
    fake: FakeGitLab,
    project: Project,
    token: str | None = None,
    *,
    role: int = DEVELOPER,
    tell: Callable[[str], None] = lambda _: None,
    **env: str,
) -> Forge:
    """The project as a client sees it, with `token` or that of a new project token with the role."""
    token = fake.world.project_token(project, role) if token is None else token
    return open_gitlab(
        place_in(fake, project),
        {"EMEL_GITLAB_TOKEN": token, **env},
        SystemHttp(env={}),
        fake.clock,
        tell=tell,
    )


def job_variables(fake: FakeGitLab, project: Project, **more: str) -> dict[str, str]:
    """What GitLab tells a job of a merge request pipeline."""
    return {
        "CI_API_V4_URL": fake.api_url,
        "CI_PROJECT_ID": str(project.id),
        "CI_PROJECT_PATH": project.path,
        "CI_PROJECT_URL": f"{fake.url}/{project.path}",
        "CI_COMMIT_SHA": COMMIT,
        "CI_PIPELINE_ID": "100",
        "CI_JOB_ID": "200",
        "CI_JOB_NAME": "report",
        "CI_JOB_URL": f"{fake.url}/{project.path}/-/jobs/200",
        "CI_MERGE_REQUEST_IID": "1",
        "CI_MERGE_REQUEST_PROJECT_ID": str(project.id),
        "CI_MERGE_REQUEST_PROJECT_PATH": project.path,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(project.id),
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "topic",
        **more,
    }
