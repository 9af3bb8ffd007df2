"""One comment, whatever happens: found again, updated in place, never doubled, nobody else's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.fakes.comments import publish, shown
from tests.fakes.gitlab import DEVELOPER, MAINTAINER, FakeGitLab, Fault, Project, Reply
from tests.fakes.gitlab.project import COMMIT, ON, forge_of

from emel.errors import ForgeError
from emel.forge.sticky import StickyComment
from emel.records.forges import Noteable


def test_the_first_run_writes_a_comment_and_the_next_updates_it(gitlab: FakeGitLab, project: Project) -> None:
    forge = forge_of(gitlab, project)
    first = publish(forge, "one", pipeline=100)
    second = publish(forge, "two", pipeline=101)

    assert (first.created, second.created, second.note) == (True, False, first.note)
    assert shown(project) == ["two | 100:one 101:two"]


def test_it_is_found_behind_hundreds_of_other_notes(gitlab: FakeGitLab, project: Project) -> None:
    forge = forge_of(gitlab, project)
    publish(forge)
    talk = forge_of(gitlab, project)
    for number in range(205):
        talk.notes.create(ON, f"and {number}")
    publish(forge, "later", pipeline=101)

    assert len(project.notes) == 206
    assert shown(project)[0].startswith("later")


def test_each_job_and_part_has_a_comment_of_its_own(gitlab: FakeGitLab, project: Project) -> None:
    forge = forge_of(gitlab, project)
    for key in ("report churn", "report fraud", "report churn"):
        publish(forge, key, key=key)

    assert [said.partition(" |")[0] for said in shown(project)] == ["report churn", "report fraud"]


@pytest.mark.parametrize(
    "on", [ON, Noteable("issue", "5"), Noteable("commit", COMMIT)], ids=lambda on: on.type
)
def test_it_sticks_to_merge_requests_issues_and_commits(
    gitlab: FakeGitLab, project: Project, on: Noteable
) -> None:
    project.issues.add("5")
    forge = forge_of(gitlab, project)
    publish(forge, "one", on=on, pipeline=1)
    publish(forge, "two", on=on, pipeline=2)

    assert shown(project) == ["two | 1:one 2:two"]


def test_an_unchanged_run_sends_nothing(gitlab: FakeGitLab, project: Project) -> None:
    forge = forge_of(gitlab, project)
    publish(forge, pictures=["roc"])
    gitlab.log.clear()
    publish(forge, pictures=["roc"])

    assert [entry.method for entry in gitlab.log] == ["GET"]


def test_an_update_takes_no_more_calls_than_pictures_and_two(gitlab: FakeGitLab, project: Project) -> None:
    forge = forge_of(gitlab, project)
    publish(forge, pictures=["a", "b"], pipeline=1)
    gitlab.log.clear()
    publish(forge, pictures=["c", "d"], pipeline=2)

    assert [entry.method for entry in gitlab.log] == ["GET", "POST", "POST", "PUT"]


def test_pictures_of_the_same_content_are_uploaded_once(gitlab: FakeGitLab, project: Project) -> None:
    forge = forge_of(gitlab, project)
    publish(forge, pictures=["roc", "roc"], pipeline=1)
    publish(forge, pictures=["roc", "loss"], pipeline=2)

    assert sorted(project.uploads.values()) == [b"png of loss", b"png of roc"]
    assert all(url.startswith("/uploads/") for url in shown(project)[0].split(" |")[0].split()[1:])


def test_a_maintainers_token_removes_pictures_that_are_not_shown_any_more(
    gitlab: FakeGitLab, project: Project
) -> None:
    forge = forge_of(gitlab, project, role=MAINTAINER)
    for pipeline, name in enumerate(["old", "new", "new", "new"]):
        publish(forge, pictures=[name], pipeline=pipeline)

    assert list(project.uploads.values()) == [b"png of new"]


def test_a_developers_token_tries_to_remove_a_picture_once(gitlab: FakeGitLab, project: Project) -> None:
    forge = forge_of(gitlab, project, role=DEVELOPER)
    for pipeline, name in enumerate("abcdef"):
        publish(forge, pictures=[name], pipeline=pipeline)

    assert [entry.status for entry in gitlab.calls("DELETE")] == [403]
    assert len(project.uploads) == 6


def test_a_deleted_comment_is_written_anew(gitlab: FakeGitLab, project: Project) -> None:
    forge = forge_of(gitlab, project)
    publish(forge, "one", ["roc"], pipeline=1)
    project.notes.clear()
    again = publish(forge, "two", ["roc"], pipeline=2)

    assert again.created
    assert [said.split()[0] for said in shown(project)] == ["two"]


def test_a_comment_that_goes_away_during_the_update_is_written_anew(
    gitlab: FakeGitLab, project: Project
) -> None:
    forge = forge_of(gitlab, project)
    publish(forge, "one", pipeline=1)

    def delete(method: str, path: str) -> None:
        if method == "PUT":
            project.notes.clear()

    gitlab.before = delete
    publish(forge, "two", pipeline=2)

    assert [said.split()[0] for said in shown(project)] == ["two"]


def test_a_comment_of_another_user_with_the_same_marker_is_left_alone(
    gitlab: FakeGitLab, project: Project
) -> None:
    forge = forge_of(gitlab, project, role=MAINTAINER)
    publish(forge, "mine", pipeline=1)
    mallory = forge_of(gitlab, project)
    mallory.notes.create(ON, project.notes[0].body)
    publish(forge, "mine again", pipeline=2)

    assert [note.author.username for note in project.notes] == ["project_1_bot_1", "project_1_bot_2"]
    assert shown(project)[0].startswith("mine again")
    assert shown(project)[1].startswith("mine |")


def test_a_marker_that_was_there_first_is_not_taken_for_ours(gitlab: FakeGitLab, project: Project) -> None:
    publish(forge_of(gitlab, project), "forged", pipeline=1)
    publish(forge_of(gitlab, project, role=MAINTAINER), "true", pipeline=2)

    assert [said.split()[0] for said in shown(project)] == ["forged", "true"]


def test_a_copy_of_our_marker_is_not_ours_when_the_comment_is_gone(
    gitlab: FakeGitLab, project: Project
) -> None:
    forge = forge_of(gitlab, project, role=MAINTAINER)
    publish(forge, "one", pipeline=1)
    publish(forge, "two", pipeline=2)
    forge_of(gitlab, project).notes.create(ON, project.notes[0].body)
    del project.notes[0]
    publish(forge, "three", pipeline=3)

    assert [said.split()[0] for said in shown(project)] == ["two", "three"]


def test_a_stronger_token_removes_what_the_weaker_could_not(gitlab: FakeGitLab, project: Project) -> None:
    ada = gitlab.world.user("ada")
    project.members[ada.id] = DEVELOPER
    weak = forge_of(gitlab, project, gitlab.world.token("ada"))
    for pipeline, name in enumerate("abc"):
        publish(weak, pictures=[name], pipeline=pipeline)
    project.members[ada.id] = MAINTAINER
    strong = forge_of(gitlab, project, gitlab.world.token("ada"))
    for pipeline, name in enumerate("def", start=3):
        publish(strong, pictures=[name], pipeline=pipeline)

    # What was forgotten when it could not be deleted stays: a and b. The last one waits for the next run.
    assert sorted(project.uploads.values()) == [f"png of {name}".encode() for name in "abef"]


def test_a_new_token_of_the_same_user_finds_the_comment(gitlab: FakeGitLab, project: Project) -> None:
    project.members[gitlab.world.user("ada").id] = DEVELOPER
    for pipeline in (1, 2):
        publish(forge_of(gitlab, project, gitlab.world.token("ada")), f"run {pipeline}", pipeline=pipeline)

    assert shown(project) == ["run 2 | 1:run 1 2:run 2"]


def test_an_older_pipeline_that_ends_later_is_only_remembered(gitlab: FakeGitLab, project: Project) -> None:
    forge = forge_of(gitlab, project)
    publish(forge, "newer", ["roc"], pipeline=101)
    late = publish(forge, "older", ["loss"], pipeline=100)

    assert late.superseded
    assert shown(project)[0].startswith("newer /uploads/")
    assert shown(project)[0].endswith("| 100:older 101:newer")


def test_a_body_of_a_million_characters_is_offered_and_no_more(gitlab: FakeGitLab, project: Project) -> None:
    rooms: list[int] = []

    def fill(addresses: Mapping[str, str], room: int) -> str:
        rooms.append(room)
        return "x" * room

    comment = StickyComment(forge_of(gitlab, project), ON, "report")
    comment.publish(fill, history=lambda runs: "")

    assert len(project.notes[0].body) == 1_000_000


def test_a_202_that_wrote_nothing_is_an_error(gitlab: FakeGitLab, project: Project) -> None:
    gitlab.faults.add("POST", "/notes$", Fault(Reply(202, {"commands_changes": {}, "summary": []})))
    with pytest.raises(ForgeError, match="took the comment for quick actions"):
        publish(forge_of(gitlab, project))


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_lost_answer_leads_to_one_comment(gitlab: FakeGitLab, project: Project, cut: Any) -> None:
    gitlab.faults.add("POST", "/notes$", Fault(cut=cut))
    publish(forge_of(gitlab, project), "one")

    assert shown(project) == ["one | 100:one"]
