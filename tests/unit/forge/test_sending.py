"""Calls of GitLab's API when something is wrong: nothing is done twice, and nothing is given up too early."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.gitlab import BAD_GATEWAY, RETRY_LATER, FakeGitLab, Fault, Project, Reply, retry_after
from tests.fakes.gitlab.project import ON, forge_of, place_in

from emel.errors import ForgeError, MissingTokenError
from emel.forge.gitlab import open_gitlab
from emel.forge.gitlab.sending import keeps_token
from emel.records.forges import Place
from emel.system.http import SystemHttp


def bodies(project: Project) -> list[str]:
    return [note.body for note in project.notes]


def test_all_calls_go_over_one_connection(gitlab: FakeGitLab, project: Project) -> None:
    forge = forge_of(gitlab, project)
    forge.notes.create(ON, "a")
    forge.uploads.create("a.png", b"png")
    list(forge.notes.all(ON))

    assert {entry.connection for entry in gitlab.log} == {1}


def test_a_limit_without_retry_after_is_waited_out_longer_each_time(
    gitlab: FakeGitLab, project: Project
) -> None:
    told: list[str] = []
    gitlab.faults.add("POST", "/notes$", RETRY_LATER, RETRY_LATER, RETRY_LATER)
    forge_of(gitlab, project, tell=told.append).notes.create(ON, "a")

    assert gitlab.clock.waits == [2, 4, 8]
    assert bodies(project) == ["a"]
    assert told[0] == "GitLab has a limit of requests, which is reached: trying again in 2 s"


def test_sixty_notes_a_minute_are_all_written(gitlab: FakeGitLab, project: Project) -> None:
    gitlab.world.notes_per_minute = 60
    forge = forge_of(gitlab, project)
    for number in range(70):
        forge.notes.create(ON, str(number))

    assert bodies(project) == [str(number) for number in range(70)]


@pytest.mark.parametrize("said", ["7", "Sun, 22 Nov 2026 12:00:07 GMT"])
def test_retry_after_is_obeyed(gitlab: FakeGitLab, project: Project, said: str) -> None:
    gitlab.faults.add("POST", "/notes$", retry_after(said))
    forge_of(gitlab, project).notes.create(ON, "a")

    assert gitlab.clock.waits == [7]


def test_an_hour_is_not_waited(gitlab: FakeGitLab, project: Project) -> None:
    gitlab.faults.add("POST", "/notes$", retry_after(3600))
    with pytest.raises(ForgeError, match="429: Retry later") as caught:
        forge_of(gitlab, project).notes.create(ON, "a")

    assert gitlab.clock.waits == []
    assert caught.value.hint is not None and "in a few minutes" in caught.value.hint


def test_a_server_that_asks_to_wait_for_ever_is_not_waited_for_for_ever(
    gitlab: FakeGitLab, project: Project
) -> None:
    gitlab.faults.add("POST", "/notes$", *[retry_after(3)] * 9)
    with pytest.raises(ForgeError, match="429: Retry later"):
        forge_of(gitlab, project).notes.create(ON, "a")

    assert gitlab.clock.waits == [3] * 5


def test_an_upload_after_a_limit_carries_its_whole_body(gitlab: FakeGitLab, project: Project) -> None:
    gitlab.faults.add("POST", "/uploads$", RETRY_LATER, BAD_GATEWAY)
    forge_of(gitlab, project).uploads.create("a.png", b"\x89PNG\r\n--\r\n")

    assert list(project.uploads.values()) == [b"\x89PNG\r\n--\r\n"]


@pytest.mark.parametrize(
    "fault", [BAD_GATEWAY, Fault(cut="before"), Fault(cut="after")], ids=["502", "cut", "answer lost"]
)
def test_a_change_is_repeated_until_it_is_answered(
    gitlab: FakeGitLab, project: Project, fault: Fault
) -> None:
    forge = forge_of(gitlab, project)
    note = forge.notes.create(ON, "old")
    assert note is not None
    gitlab.faults.add("PUT", "/notes/", fault, fault)
    forge.notes.update(ON, note, "new")

    assert bodies(project) == ["new"]


@pytest.mark.parametrize(
    "fault", [BAD_GATEWAY, Fault(cut="before"), Fault(cut="after")], ids=["502", "cut", "answer lost"]
)
def test_a_note_that_may_have_been_written_is_not_sent_again(
    gitlab: FakeGitLab, project: Project, fault: Fault
) -> None:
    gitlab.faults.add("POST", "/notes$", fault)
    with pytest.raises(ForgeError) as caught:
        forge_of(gitlab, project).notes.create(ON, "a")

    assert caught.value.maybe_done
    assert len(gitlab.calls("POST", "/notes")) == 1


def test_a_connection_that_cannot_be_made_is_tried_again_and_then_reported() -> None:
    place = Place(api_url="http://127.0.0.1:9/api/v4", project="1", project_url="http://127.0.0.1:9/a/b")
    with FakeGitLab() as fake:
        forge = open_gitlab(place, {"GITLAB_TOKEN": "glpat-x"}, SystemHttp(env={}), fake.clock)
        with pytest.raises(ForgeError, match=r"no answer from http://127\.0\.0\.1:9/") as caught:
            forge.notes.create(ON, "a")

        assert fake.clock.waits == [0.5, 1, 2, 4]
        assert not caught.value.maybe_done


def test_a_certificate_that_cannot_be_trusted_is_told_at_once(
    gitlab: FakeGitLab, project: Project, tmp_path: Path
) -> None:
    http = SystemHttp(ca_file=str(tmp_path / "absent.pem"), env={})
    forge = open_gitlab(place_in(gitlab, project), {"GITLAB_TOKEN": "glpat-x"}, http, gitlab.clock)
    with pytest.raises(ForgeError, match="certificates cannot be read") as caught:
        forge.notes.create(ON, "a")

    assert gitlab.clock.waits == []
    assert not caught.value.maybe_done


def test_a_moved_project_is_followed_with_body_and_token(gitlab: FakeGitLab, project: Project) -> None:
    token = gitlab.world.project_token(project)
    gitlab.world.moves(project, "team/attrition")
    place = Place(api_url=gitlab.api_url, project="team/churn", project_url=f"{gitlab.url}/team/churn")
    forge = open_gitlab(place, {"GITLAB_TOKEN": token}, SystemHttp(env={}), gitlab.clock)
    forge.notes.create(ON, "a")

    assert bodies(project) == ["a"]
    assert [entry.status for entry in gitlab.log] == [301, 201]


def test_a_token_is_not_carried_to_another_server(gitlab: FakeGitLab, project: Project) -> None:
    with FakeGitLab() as other:
        elsewhere = {"location": f"{other.api_url}/projects/1/uploads"}
        gitlab.faults.add("POST", "/uploads$", Fault(Reply(302, None, elsewhere)))
        with pytest.raises(ForgeError, match="where the token must not go"):
            forge_of(gitlab, project).uploads.create("a.png", b"png")

        assert other.log == []


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("http://gitlab.test/api/v4/projects/2", True),
        ("https://gitlab.test/api/v4/projects/1", True),
        ("https://gitlab.test:8443/api/v4", False),
        ("http://gitlab.test.evil.example/api/v4", False),
        ("https://gitlab.test@evil.example/api/v4", False),
        ("ftp://gitlab.test/api/v4", False),
    ],
)
def test_a_token_follows_to_the_same_server_and_to_its_https(target: str, kept: bool) -> None:
    assert keeps_token("http://gitlab.test/api/v4", target) is kept
    assert not keeps_token("https://gitlab.test/api/v4", "http://gitlab.test/api/v4")


def test_a_circle_of_redirects_ends(gitlab: FakeGitLab, project: Project) -> None:
    same = Fault(Reply(301, None, {"location": f"{gitlab.api_url}/projects/1/uploads"}))
    gitlab.faults.add("POST", "/uploads$", *[same] * 9)
    with pytest.raises(ForgeError, match="in a circle"):
        forge_of(gitlab, project).uploads.create("a.png", b"png")


def test_a_page_of_another_kind_is_said_to_be_no_api(gitlab: FakeGitLab, project: Project) -> None:
    gitlab.faults.add(
        "GET", "/notes$", Fault(Reply(200, b"<html>Sign in</html>", {"content-type": "text/html"}))
    )
    with pytest.raises(ForgeError, match=r"\(200, text/html\) is not what GitLab's API answers") as caught:
        list(forge_of(gitlab, project).notes.all(ON))

    assert caught.value.hint is not None and "CI_API_V4_URL" in caught.value.hint


def test_a_list_ends_where_the_headers_say_and_not_at_a_short_page(
    gitlab: FakeGitLab, project: Project
) -> None:
    forge = forge_of(gitlab, project)
    for number in range(230):
        forge.notes.create(ON, str(number))
    for note in project.notes[100:200]:
        note.hidden = True
    gitlab.world.totals = False

    assert len(list(forge.notes.all(ON))) == 130
    assert len(gitlab.calls("GET", "/notes")) == 3


def test_a_server_under_a_folder_is_reached(project: Project) -> None:
    with FakeGitLab(folder="/gitlab") as fake:
        there = fake.world.project("team/churn")
        fake.world.merge_request(there)
        forge_of(fake, there).notes.create(ON, "a")

        assert bodies(there) == ["a"]


def test_without_a_token_nothing_is_sent_and_the_error_says_which_to_make(
    gitlab: FakeGitLab, project: Project
) -> None:
    job = gitlab.world.job_token(project, "ada")
    with pytest.raises(MissingTokenError) as caught:
        forge_of(gitlab, project, "", CI_JOB_TOKEN=job).notes.create(ON, "a")

    assert gitlab.log == []
    assert "CI_JOB_TOKEN may not do this" in caught.value.message
    assert "EMEL_GITLAB_TOKEN, GITLAB_TOKEN, REPO_TOKEN" in caught.value.message
    assert caught.value.hint is not None
    assert "role Developer and scope `api`" in caught.value.hint
    assert "/team/churn/-/settings/access_tokens" in caught.value.hint


def test_the_job_token_does_what_it_may(gitlab: FakeGitLab, project: Project) -> None:
    project.members[gitlab.world.user("ada").id] = 30
    job = gitlab.world.job_token(project, "ada")
    forge_of(gitlab, project, "", CI_JOB_TOKEN=job).releases.create("v1", name="v1", description="")

    assert [entry.token for entry in gitlab.log] == ["job-token"]
    assert list(project.releases) == ["v1"]


def test_the_job_token_helps_where_the_access_token_is_too_weak(gitlab: FakeGitLab, project: Project) -> None:
    project.members[gitlab.world.user("ada").id] = 30
    weak = gitlab.world.token("ada", "read_api")
    job = gitlab.world.job_token(project, "ada")
    forge_of(gitlab, project, weak, CI_JOB_TOKEN=job).releases.create("v1", name="v1", description="")

    assert [(entry.token, entry.status) for entry in gitlab.log] == [
        ("private-token", 403),
        ("job-token", 201),
    ]


def test_a_refusal_names_the_variable_of_the_token_and_never_its_value(
    gitlab: FakeGitLab, project: Project
) -> None:
    weak = gitlab.world.token("ada", "read_api")
    project.members[gitlab.world.user("ada").id] = 30
    with pytest.raises(ForgeError) as caught:
        forge_of(gitlab, project, weak).notes.create(ON, "a")

    said = f"{caught.value} {caught.value.hint}"
    assert "403: insufficient_scope" in said
    assert "EMEL_GITLAB_TOKEN" in said and "scope `api`" in said
    assert weak not in said
