"""A section of the comment that another job writes: it is there whichever job is first, last or repeated."""

from __future__ import annotations

import threading

import pytest
from tests.fakes.comments import GENEROUS, at_once, publish, publish_section, shown
from tests.fakes.gitlab import MAINTAINER, FakeGitLab, Project
from tests.fakes.gitlab.project import forge_of

from emel.errors import ForgeError


def test_the_section_stands_between_report_and_history_whichever_is_first(
    gitlab: FakeGitLab, project: Project
) -> None:
    forge = forge_of(gitlab, project)
    publish_section(forge, "board")
    publish(forge, "one", pipeline=1)
    publish_section(forge, "newer board")
    publish(forge, "two", pipeline=2)

    assert shown(project) == ["two\n\nnewer board | 1:one 2:two"]


def test_a_section_alone_is_a_comment(gitlab: FakeGitLab, project: Project) -> None:
    publish_section(forge_of(gitlab, project), "board")

    assert shown(project) == ["\n\nboard"]


def test_a_section_that_is_the_same_is_not_written_again(gitlab: FakeGitLab, project: Project) -> None:
    forge = forge_of(gitlab, project)
    publish(forge)
    publish_section(forge, "board", ["plot"])
    gitlab.log.clear()
    publish_section(forge, "board", ["plot"])

    assert {entry.method for entry in gitlab.log} == {"GET"}


def test_an_older_pipeline_writes_neither_over_a_newer_section_nor_over_a_newer_report(
    gitlab: FakeGitLab, project: Project
) -> None:
    forge = forge_of(gitlab, project)
    publish_section(forge, "of 2", pipeline=2)
    publish(forge, "report 2", pipeline=2)
    assert publish_section(forge, "of 1", pipeline=1).superseded
    assert publish(forge, "report 1", pipeline=1).superseded

    assert shown(project) == ["report 2\n\nof 2 | 1:report 1 2:report 2"]


def test_pictures_of_both_are_kept_and_those_that_nobody_shows_are_removed(
    gitlab: FakeGitLab, project: Project
) -> None:
    forge = forge_of(gitlab, project, role=MAINTAINER)
    for pipeline, name in enumerate(["old", "new", "new", "new"]):
        publish(forge, "report", [f"roc-{name}"], pipeline=pipeline)
        publish_section(forge, "board", [f"plot-{name}"], pipeline=pipeline)

    assert sorted(project.uploads.values()) == [b"png of plot-new", b"png of roc-new"]


def test_two_jobs_that_find_no_comment_end_with_one_that_has_both(
    gitlab: FakeGitLab, project: Project
) -> None:
    token = gitlab.world.project_token(project)
    both_have_looked = threading.Barrier(2, timeout=GENEROUS)

    def wait(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/notes"):
            both_have_looked.wait()

    gitlab.before = wait
    at_once(
        lambda: publish(forge_of(gitlab, project, token), "report"),
        lambda: publish_section(forge_of(gitlab, project, token), "board"),
    )

    assert shown(project) == ["report\n\nboard | 100:report"]


def test_a_section_that_a_report_wrote_over_is_written_again(gitlab: FakeGitLab, project: Project) -> None:
    token = gitlab.world.project_token(project)
    publish(forge_of(gitlab, project, token), "report", pipeline=1)
    before = project.notes[0].body
    written_over = threading.Event()

    def write_over(method: str, path: str) -> None:
        # The first look after the section was written finds what another job had read before.
        if method == "GET" and gitlab.calls("PUT") and not written_over.is_set():
            written_over.set()
            project.notes[0].body = before

    gitlab.before = write_over
    publish_section(forge_of(gitlab, project, token), "board")

    assert written_over.is_set()
    assert shown(project) == ["report\n\nboard | 1:report"]


def test_a_section_that_never_stays_is_an_error(gitlab: FakeGitLab, project: Project) -> None:
    token = gitlab.world.project_token(project)
    publish(forge_of(gitlab, project, token), "report", pipeline=1)
    before = project.notes[0].body

    def write_over(method: str, path: str) -> None:
        if method == "GET":
            project.notes[0].body = before

    gitlab.before = write_over
    with pytest.raises(ForgeError, match="again and again"):
        publish_section(forge_of(gitlab, project, token), "board")
