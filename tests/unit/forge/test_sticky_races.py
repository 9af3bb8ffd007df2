"""Jobs that write at once, and jobs that end in the middle: one comment remains, and nothing is lost."""

from __future__ import annotations

import threading

import pytest
from tests.fakes.comments import GENEROUS, at_once, publish, shown
from tests.fakes.dying_http import Died, DyingHttp
from tests.fakes.gitlab import FakeGitLab, Project
from tests.fakes.gitlab.project import ON, forge_of, place_in

from emel.forge import open_gitlab


@pytest.mark.parametrize("round_", range(5))
def test_two_jobs_that_find_no_comment_end_with_one(
    gitlab: FakeGitLab, project: Project, round_: int
) -> None:
    token = gitlab.world.project_token(project)
    both_have_looked = threading.Barrier(2, timeout=GENEROUS)

    def wait(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/notes"):
            both_have_looked.wait()

    gitlab.before = wait
    at_once(
        lambda: publish(forge_of(gitlab, project, token), "one", ["a"], pipeline=1),
        lambda: publish(forge_of(gitlab, project, token), "two", ["b"], pipeline=2),
    )

    assert len(gitlab.calls("POST", "/notes")) == 2
    assert len(project.notes) == 1
    assert shown(project)[0].startswith("two /uploads/")
    assert shown(project)[0].endswith("| 1:one 2:two")


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1)])
def test_a_job_that_is_overtaken_between_look_and_comment_joins_the_other(
    gitlab: FakeGitLab, project: Project, first: int, second: int
) -> None:
    token = gitlab.world.project_token(project)
    overtaken = threading.Event()

    def overtake(method: str, path: str) -> None:
        if method == "POST" and path.endswith("/notes") and not overtaken.is_set():
            overtaken.set()
            publish(forge_of(gitlab, project, token), f"of {second}", pipeline=second)

    gitlab.before = overtake
    publish(forge_of(gitlab, project, token), f"of {first}", pipeline=first)

    assert shown(project) == ["of 2 | 1:of 1 2:of 2"]


@pytest.mark.parametrize("before", ["POST", "GET"], ids=["first", "second"])
@pytest.mark.parametrize("pipeline", [1, 3])
def test_what_a_job_wrote_that_died_before_it_looked_again_is_not_lost(
    gitlab: FakeGitLab, project: Project, before: str, pipeline: int
) -> None:
    token = gitlab.world.project_token(project)
    place = place_in(gitlab, project)
    happened = threading.Event()

    def write_and_die(method: str, path: str) -> None:
        ours_is_written = len(gitlab.calls("POST", "/notes")) == 1
        if happened.is_set() or method != before or (before == "GET" and not ours_is_written):
            return
        happened.set()
        dying = open_gitlab(place, {"GITLAB_TOKEN": token}, DyingHttp(2, "after"), gitlab.clock)
        with pytest.raises(Died):
            publish(dying, f"of {pipeline}", pipeline=pipeline)

    gitlab.before = write_and_die
    publish(forge_of(gitlab, project, token), "of 2", pipeline=2)

    newest = max(pipeline, 2)
    assert happened.is_set()
    assert shown(project) == [f"of {newest} | {min(pipeline, 2)}:of {min(pipeline, 2)} {newest}:of {newest}"]


def test_doubles_that_an_earlier_run_left_are_removed(gitlab: FakeGitLab, project: Project) -> None:
    forge = forge_of(gitlab, project)
    publish(forge, "one", pipeline=1)
    forge.notes.create(ON, project.notes[0].body)
    publish(forge, "two", pipeline=2)

    assert shown(project) == ["two | 1:one 2:two"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("existing", [False, True], ids=["create", "update"])
def test_a_job_that_ends_anywhere_and_runs_again_leaves_one_whole_comment(
    gitlab: FakeGitLab, project: Project, existing: bool, when: str
) -> None:
    token = gitlab.world.project_token(project)
    pictures = ["a", "b"]
    if existing:
        publish(forge_of(gitlab, project, token), "zero", ["z"], pipeline=1)
    before = [(note.id, note.body) for note in project.notes]
    for call in range(1, 20):
        project.notes[:] = [note for note in project.notes if note.id in dict(before)]
        for note in project.notes:
            note.body = dict(before)[note.id]
        dying = DyingHttp(call, when)  # type: ignore[arg-type]
        place = place_in(gitlab, project)
        try:
            publish(
                open_gitlab(place, {"GITLAB_TOKEN": token}, dying, gitlab.clock), "one", pictures, pipeline=2
            )
        except Died:
            pass
        else:
            break
        publish(forge_of(gitlab, project, token), "one", pictures, pipeline=2)

        assert len(project.notes) == 1
        said = shown(project)[0]
        assert said.startswith("one /uploads/")
        urls = said.split(" |")[0].split()[1:]
        kept = [project.uploads[url.removeprefix("/uploads/")] for url in urls]
        assert kept == [b"png of a", b"png of b"]
        assert said.endswith("| 1:zero 2:one" if existing else "| 2:one")
    assert call > 4
