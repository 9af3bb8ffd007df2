"""What there is of launched runners: listed, read, stopped, pruned."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.fakes.fleet import MARK, EventfulClock, Yard, yard
from tests.fakes.gitlab import FakeGitLab, end_job, push_job
from tests.fakes.progress import Silence

from emel.errors import MachineError
from emel.records import RunnerStatus
from emel.workflows.runner_launch import launch
from emel.workflows.runners import list_runners, prune, stop, tell_log

NAME = "emel-1-42"


@pytest.fixture
def place() -> Iterator[Yard]:
    clock = EventfulClock()
    with FakeGitLab(clock=clock) as gitlab:
        yield yard(gitlab, clock)


@pytest.fixture
def runner(place: Yard) -> int:
    """A launched one, without a job."""
    return launch(place.fleet, place.wanted(), NAME, (), progress=Silence()).runner


def test_the_list_tells_state_age_cost_and_job(place: Yard, runner: int) -> None:
    push_job(place.gitlab.world, place.project, "train", tags=(NAME,), status="running", runner=runner)
    place.clock.sleep(1800)
    [found] = list_runners(place.fleet)

    assert (found.name, found.state, found.runner_status, found.job) == (NAME, "running", "online", "train")
    assert (found.age, found.cost, found.over) == (1800, pytest.approx(3.0), None)


@pytest.mark.parametrize("other", [{"project": "999"}, {"server": "https://gitlab.test"}], ids=str)
def test_machines_of_other_projects_are_not_seen(place: Yard, runner: int, other: dict[str, str]) -> None:
    """Their runners are not seen either, so that the machines would look as if they had lost them."""
    place.project.runners.clear()
    elsewhere = place.fleet._replace(**other)
    assert list_runners(elsewhere) == ()
    prune(elsewhere, lambda _: True, Silence())
    assert list(place.compute.there) == [NAME]


def test_runners_of_this_machine_elsewhere_are_over_when_they_have_long_been_silent(place: Yard) -> None:
    """Their machines cannot be seen from here, and nobody may come back there."""
    here = place.fleet._replace(marks=(MARK, "here"))
    there = place.fleet._replace(marks=(MARK, "there"))
    launch(there, place.wanted(), "emel-1-there", (), progress=Silence())
    place.compute.there.clear()
    assert list_runners(here) == ()

    place.clock.sleep(3 * 3600)
    assert [each.over for each in list_runners(here)] == ["its machine is gone"]
    prune(here, lambda _: True, Silence())
    assert place.project.runners == {}


def test_stop_lets_a_job_end_first(place: Yard, runner: int) -> None:
    job = push_job(place.gitlab.world, place.project, "train", tags=(NAME,), status="running", runner=runner)
    seen: list[tuple[bool, bool]] = []

    def end() -> None:
        seen.append((place.project.runners[runner]["paused"], NAME in place.compute.there))
        end_job(place.gitlab.world, place.project, job, "success")

    place.clock.at(60, end)
    done = stop(place.fleet, NAME, progress=Silence())

    assert seen == [(True, True)]
    assert (done.machine, done.runners) == (True, (runner,))
    assert place.nothing_is_left()


def test_stop_now_does_not_wait(place: Yard, runner: int) -> None:
    push_job(place.gitlab.world, place.project, "train", tags=(NAME,), status="running", runner=runner)
    stop(place.fleet, NAME, now=True, progress=Silence())
    assert place.clock.waits == []
    assert place.nothing_is_left()


def test_stop_does_not_wait_for_the_job_of_a_lost_machine(place: Yard, runner: int) -> None:
    push_job(place.gitlab.world, place.project, "train", tags=(NAME,), status="running", runner=runner)
    place.clock.at(5, lambda: place.compute.lose(NAME))
    stop(place.fleet, NAME, progress=Silence())
    assert place.nothing_is_left()


def test_to_stop_what_is_absent_is_no_error(place: Yard) -> None:
    done = stop(place.fleet, "emel-1-41", progress=Silence())
    assert (done.machine, done.runners) == (False, ())


def test_prune_says_what_goes_and_why_and_what_stays(place: Yard, runner: int) -> None:
    launch(place.fleet, place.wanted(), "emel-1-43", (), progress=Silence())
    launch(place.fleet, place.wanted(), "emel-1-44", (), progress=Silence())
    place.compute.lose("emel-1-43")
    del place.project.runners[runner]
    asked: list[RunnerStatus] = []

    def agree(what: tuple[RunnerStatus, ...]) -> bool:
        asked.extend(what)
        return True

    done = prune(place.fleet, agree, Silence())
    assert {each.name: each.over for each in asked} == {
        NAME: "its runner is gone",
        "emel-1-43": "its machine is gone",
    }
    assert done.removed == tuple(asked)
    assert [each.name for each in done.kept] == ["emel-1-44"]
    assert list(place.compute.there) == ["emel-1-44"]
    assert len(place.project.runners) == 1


def test_prune_that_nobody_agrees_to_removes_nothing(place: Yard, runner: int) -> None:
    place.compute.stop(NAME)
    with pytest.raises(MachineError, match="nothing was removed"):
        prune(place.fleet, lambda _: False, Silence())
    assert list(place.compute.there) == [NAME]


def test_prune_asks_nothing_where_nothing_is_over(place: Yard, runner: int) -> None:
    done = prune(place.fleet, lambda _: False, Silence())
    assert done.removed == ()
    assert list(place.project.runners) == [runner]


def test_the_log_is_followed_to_the_end_of_the_machine(place: Yard, runner: int) -> None:
    lines: list[str] = []

    def say_more() -> None:
        place.compute.logs[NAME] += "training\nhalf a li"

    def end() -> None:
        place.compute.logs[NAME] += "ne\n"
        place.compute.stop(NAME)

    place.clock.at(5, say_more)
    place.clock.at(10, end)
    tell_log(place.compute, NAME, place.clock, follow=True, tell=lines.append)
    assert lines == ["the machine has booted", "training", "half a line"]


def test_the_log_of_no_machine_is_an_error(place: Yard) -> None:
    with pytest.raises(MachineError, match="there is no machine emel-1-9"):
        tell_log(place.compute, "emel-1-9", place.clock, follow=False, tell=print)
