"""Endpoints of merge requests: how they are named, listed, stopped, and which are forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.bundles import ECHO, bundle_record, write_bundle
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.gitlab import Project as GitLabProject
from tests.fakes.gitlab.project import job_variables, usual_project
from tests.fakes.progress import Silence
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.clouds import Functions, open_cloud
from emel.config import load
from emel.errors import DeployError, ForgeError
from emel.gitrepo import GitRepo
from emel.records import FunctionSettings
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.previews import (
    is_over,
    list_previews,
    preview_tag,
    previews_with_states,
    stop_preview,
)
from emel.workflows.project import Project

MODEL = '[model]\nname = "churn"\npath = "model.joblib"\nsample = "sample.csv"\n'


@pytest.fixture
def team(gitlab: FakeGitLab) -> GitLabProject:
    """Merge request 1 is open, 2 merged, 3 closed; 4 never was."""
    project = usual_project(gitlab)
    for state in ("merged", "closed"):
        gitlab.world.merge_request(project, state, state=state)
    return project


@pytest.fixture
def project(tmp_path: Path, gitlab: FakeGitLab) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    process = HermeticProcess(tmp_path / "home")
    repo = GitRepo.init(root, process)
    commit_files(repo, "Start", {"emel.toml": MODEL})
    return Project(root, load(root / "emel.toml"), System(process, SystemHttp(env={}), gitlab.clock))


@pytest.fixture
def functions(project: Project, tmp_path: Path) -> Functions:
    """The function with a tag for each of merge requests 1 to 4, and production."""
    made = open_cloud("local", state=project.state).functions
    made.create_version(
        "churn", bundle_record(write_bundle(tmp_path, ECHO), name="churn"), FunctionSettings()
    )
    for tag in ("prod", "mr-10", "mr-1", "mr-2", "mr-3", "mr-4", "mr-x", "mr-0"):
        made.set_tag("churn", tag, 1)
    return made


def states(gitlab: FakeGitLab, team: GitLabProject, project: Project, token: str) -> dict[str, str | None]:
    env = job_variables(gitlab, team, EMEL_GITLAB_TOKEN=token)
    known = previews_with_states(project, env=env, progress=Silence())
    return {preview.tag: preview.state for preview in known}


def test_previews_are_the_tags_of_merge_requests_by_their_number(
    project: Project, functions: Functions
) -> None:
    listed = list_previews(project)

    assert [preview.tag for preview in listed] == ["mr-1", "mr-2", "mr-3", "mr-4", "mr-10"]
    assert {preview.url for preview in listed} == {None}
    assert list_previews(project._replace(root=project.root / "elsewhere")) == ()


def test_a_stopped_preview_is_gone_and_all_else_stays(project: Project, functions: Functions) -> None:
    assert stop_preview(project, tag="mr-1").version == 1
    assert stop_preview(project, tag="mr-1").version is None

    assert "mr-1" not in functions.tags("churn")
    assert functions.tags("churn")["prod"] == 1


def test_gitlab_says_which_merge_requests_are_over(
    gitlab: FakeGitLab, team: GitLabProject, project: Project, functions: Functions
) -> None:
    token = gitlab.world.project_token(team)
    found = states(gitlab, team, project, token)

    assert found == {"mr-1": "opened", "mr-2": "merged", "mr-3": "closed", "mr-4": None, "mr-10": None}
    env = job_variables(gitlab, team, EMEL_GITLAB_TOKEN=token)
    known = previews_with_states(project, env=env, progress=Silence())
    assert [preview.tag for preview in known if is_over(preview)] == ["mr-2", "mr-3"]


def test_a_token_that_gitlab_does_not_know_is_an_error_and_no_reason_to_remove(
    gitlab: FakeGitLab, team: GitLabProject, project: Project, functions: Functions
) -> None:
    with pytest.raises(ForgeError) as caught:
        states(gitlab, team, project, "wrong")

    assert caught.value.status == 401


def test_a_token_without_the_right_to_see_them_leaves_all_states_unknown(
    gitlab: FakeGitLab, team: GitLabProject, project: Project, functions: Functions
) -> None:
    stranger = gitlab.world.token("stranger", "api")

    assert set(states(gitlab, team, project, stranger).values()) == {None}


def test_without_previews_no_server_is_asked(
    gitlab: FakeGitLab, team: GitLabProject, project: Project
) -> None:
    assert states(gitlab, team, project, "wrong") == {}
    assert gitlab.log == []


@pytest.mark.parametrize("written", ["7", "!7", "mr-7"])
def test_a_merge_request_is_named_by_its_number_or_its_tag(written: str, project: Project) -> None:
    assert preview_tag(project, written, env={}, progress=Silence()) == "mr-7"


@pytest.mark.parametrize("written", ["prod", "0", "mr-", "-7", "7 ", ""])
def test_anything_else_names_none(written: str, project: Project) -> None:
    with pytest.raises(DeployError, match="names no merge request") as caught:
        preview_tag(project, written, env={}, progress=Silence())

    assert caught.value.hint == "write its number: 7, !7 or the tag mr-7"


def test_a_job_knows_its_merge_request(gitlab: FakeGitLab, team: GitLabProject, project: Project) -> None:
    env = job_variables(gitlab, team, CI_MERGE_REQUEST_IID="12")

    assert preview_tag(project, None, env=env, progress=Silence()) == "mr-12"
    assert gitlab.log == []


def test_a_commit_without_an_open_merge_request_has_no_preview(
    gitlab: FakeGitLab, team: GitLabProject, project: Project
) -> None:
    token = gitlab.world.project_token(team)
    env = job_variables(gitlab, team, EMEL_GITLAB_TOKEN=token, CI_COMMIT_SHA="5" * 40)
    del env["CI_MERGE_REQUEST_IID"]
    with pytest.raises(DeployError, match="no open merge request"):
        preview_tag(project, None, env=env, progress=Silence())
