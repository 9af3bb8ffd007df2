"""Where emel works: from the variables of a CI job, or from `origin`."""

from __future__ import annotations

import pytest

from emel.errors import ForgeError
from emel.forge import place_of_job, place_of_origin

JOB = {
    "CI_API_V4_URL": "https://git.example.org/gitlab/api/v4",
    "CI_PROJECT_ID": "7",
    "CI_PROJECT_PATH": "team/churn",
    "CI_PROJECT_URL": "https://git.example.org/gitlab/team/churn",
    "CI_COMMIT_SHA": "a" * 40,
    "CI_COMMIT_BRANCH": "topic",
}
MERGE_REQUEST = {
    "CI_MERGE_REQUEST_IID": "3",
    "CI_MERGE_REQUEST_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_PROJECT_PATH": "team/churn",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7",
}


def test_a_merge_request_pipeline_names_its_merge_request() -> None:
    place = place_of_job(JOB | MERGE_REQUEST)
    assert place is not None
    assert (place.merge_request, place.merge_request_project, place.from_fork) == ("3", "7", False)
    assert place.merge_request_url == "https://git.example.org/gitlab/team/churn/-/merge_requests/3"


def test_a_branch_pipeline_takes_the_first_open_merge_request() -> None:
    place = place_of_job(JOB | {"CI_OPEN_MERGE_REQUESTS": "team/churn!12,team/churn!4"})
    assert place is not None
    assert (place.merge_request, place.merge_request_project) == ("12", "7")


def test_a_branch_of_a_fork_leads_to_the_merge_request_of_its_parent() -> None:
    place = place_of_job(JOB | {"CI_OPEN_MERGE_REQUESTS": "parent/churn!5"})
    assert place is not None
    assert (place.merge_request, place.merge_request_project, place.from_fork) == ("5", "parent/churn", True)


def test_a_pipeline_of_a_fork_knows_that_it_is_one() -> None:
    place = place_of_job(JOB | MERGE_REQUEST | {"CI_MERGE_REQUEST_PROJECT_ID": "1"})
    assert place is not None
    assert (place.project, place.merge_request_project, place.from_fork) == ("7", "1", True)


def test_without_a_merge_request_the_commit_is_left() -> None:
    place = place_of_job(JOB)
    assert place is not None
    assert (place.merge_request, place.commit, place.branch) == (None, "a" * 40, "topic")


def test_a_merged_results_pipeline_is_about_the_commit_that_was_pushed() -> None:
    place = place_of_job(JOB | MERGE_REQUEST | {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "b" * 40})
    assert place is not None
    assert place.commit == "b" * 40


def test_outside_of_ci_there_is_no_job() -> None:
    assert place_of_job({}) is None


@pytest.mark.parametrize(
    ("origin", "api", "project"),
    [
        ("https://gitlab.com/team/churn.git", "https://gitlab.com/api/v4", "team/churn"),
        ("https://oauth2:secret@gitlab.com/a/b/c", "https://gitlab.com/api/v4", "a/b/c"),
        ("http://127.0.0.1:8080/team/churn", "http://127.0.0.1:8080/api/v4", "team/churn"),
        ("git@gitlab.com:team/churn.git", "https://gitlab.com/api/v4", "team/churn"),
        ("ssh://git@git.example.org:2222/team/churn.git", "https://git.example.org/api/v4", "team/churn"),
    ],
)
def test_origin_of_every_form_leads_to_the_api(origin: str, api: str, project: str) -> None:
    place = place_of_origin(origin, "topic", "a" * 40, {})
    assert (place.api_url, place.project, place.in_ci) == (api, project, False)
    assert "secret" not in place.project_url


def test_a_server_under_a_folder_is_named_by_a_variable() -> None:
    env = {"EMEL_GITLAB_URL": "https://git.example.org/gitlab/"}
    place = place_of_origin("https://git.example.org/gitlab/team/churn.git", None, None, env)
    assert (place.api_url, place.project) == ("https://git.example.org/gitlab/api/v4", "team/churn")


@pytest.mark.parametrize("origin", ["/srv/git/churn.git", "file:///srv/churn", "https://gitlab.com/", "x"])
def test_an_origin_that_is_no_server_is_an_error(origin: str) -> None:
    with pytest.raises(ForgeError, match="no project on a GitLab server"):
        place_of_origin(origin, None, None, {})


def test_an_error_about_origin_shows_no_password() -> None:
    with pytest.raises(ForgeError) as caught:
        place_of_origin("https://ada:secret@gitlab.com/", None, None, {})
    assert "secret" not in str(caught.value)
