"""A launch that is killed at any remote call, loses any answer, or loses its machine: nothing doubled,
nothing left.

The loops go over all calls to GitLab and to the cloud, in their order, until a launch gets through untouched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import pytest
from tests.fakes.dying_http import Died
from tests.fakes.fleet import EventfulClock, Life, Yard, yard, yard_of
from tests.fakes.gitlab import FakeGitLab, end_job, push_job
from tests.fakes.gitlab.coordinator import exchange
from tests.fakes.progress import Silence

from emel.errors import DeployError, EmelError, EndpointError
from emel.workflows.runner_launch import launch
from emel.workflows.runner_wait import stay
from emel.workflows.runners import prune, stop

NAME = "emel-1-42"
AN_HOUR = 3600.0
MOST = 200
"""Calls after which a launch is taken to have no end."""
When = Literal["before", "after"]


def each_death(gitlab: FakeGitLab, when: When, come_up: bool = True) -> Iterator[Yard]:
    """A project for each remote call of a launch, in which one was killed there; seen by the next program."""
    for at in range(1, MOST):
        clock = gitlab.clock = EventfulClock()
        life = Life(at, when)
        killed = yard(gitlab, clock, life)
        if not come_up:
            killed.compute.on_create = lambda name: None
        try:
            launch(killed.fleet, killed.wanted(), NAME, (), progress=Silence())
        except Died:
            pass
        if not life.reached:
            assert at > 8, "a launch makes that many calls at least"
            return
        yield yard_of(gitlab, killed.project, killed.compute, clock)
    raise AssertionError("a launch makes calls without end")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_stop_that_was_killed_is_completed_by_the_next(gitlab: FakeGitLab, when: When) -> None:
    for at in range(1, MOST):
        clock = gitlab.clock = EventfulClock()
        whole = yard(gitlab, clock)
        launch(whole.fleet, whole.wanted(), NAME, (), progress=Silence())
        life = Life(at, when)
        killed = yard_of(gitlab, whole.project, whole.compute, clock, life)
        try:
            stop(killed.fleet, NAME, progress=Silence())
        except Died:
            pass
        stop(whole.fleet, NAME, progress=Silence())
        assert whole.nothing_is_left()
        if not life.reached:
            assert at > 4, "a stop makes that many calls at least"
            return


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_waiting_launch_that_was_killed_leaves_nothing_after_prune(gitlab: FakeGitLab, when: When) -> None:
    """Its machine is lost, so the calls of a replacement are among those at which it is killed."""
    for at in range(1, MOST):
        clock = gitlab.clock = EventfulClock()
        whole = yard(gitlab, clock)
        made = launch(whole.fleet, whole.wanted(), NAME, (), progress=Silence())
        push_job(gitlab.world, whole.project, "train", tags=(NAME,))
        whole.compute.lose(NAME)
        clock.at(1, partial(end_all_jobs, whole))
        life = Life(at, when)
        killed = yard_of(gitlab, whole.project, whole.compute, clock, life)
        try:
            stay(killed.fleet, made, replacements=3, progress=Silence())
        except Died:
            pass
        assert no_name_is_there_twice(whole)
        clock.sleep(3 * AN_HOUR)
        prune_all(whole)
        assert whole.nothing_is_left()
        if not life.reached:
            assert whole.compute.made == [NAME, NAME]
            return
    raise AssertionError("a launch makes calls without end")


def end_all_jobs(place: Yard) -> None:
    for job in list(place.project.jobs.values()):
        end_job(place.gitlab.world, place.project, job, "success")


def no_name_is_there_twice(place: Yard) -> bool:
    names = Counter(runner["description"] for runner in place.project.runners.values())
    return all(count == 1 for count in names.values())


def prune_all(place: Yard) -> None:
    prune(place.fleet, lambda _: True, Silence())


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_launch_that_was_killed_is_completed_by_the_next(gitlab: FakeGitLab, when: When) -> None:
    for place in each_death(gitlab, when):
        assert no_name_is_there_twice(place)

        made = launch(place.fleet, place.wanted(), NAME, (), progress=Silence())

        assert list(place.project.runners) == [made.runner]
        assert list(place.compute.there) == [NAME]
        assert place.compute.there[NAME].labels["emel-runner"] == str(made.runner)
        assert not place.project.runners[made.runner]["paused"]
        assert place.compute.secrets == {}
        stop(place.fleet, NAME, now=True, progress=Silence())
        assert place.nothing_is_left()


@pytest.mark.parametrize("when", ["before", "after"])
def test_after_a_kill_prune_leaves_nothing_and_the_bill_keeps_its_limit(
    gitlab: FakeGitLab, when: When
) -> None:
    for place in each_death(gitlab, when):
        worst = place.wanted().worst_case
        place.clock.sleep(3 * AN_HOUR)
        prune_all(place)

        assert place.nothing_is_left()
        assert worst is not None
        assert place.compute.bill() <= worst


def test_a_machine_whose_launch_was_killed_before_its_runner_came_is_pruned(gitlab: FakeGitLab) -> None:
    deaths = each_death(gitlab, "after", come_up=False)
    seen = 0
    for place in deaths:
        if not place.compute.there:
            continue
        seen += 1
        place.clock.sleep(AN_HOUR)
        prune_all(place)
        assert place.nothing_is_left()
        assert place.compute.bill() <= 6.0 + 1e-6
        if seen == 3:
            return


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "problem",
    [EndpointError("the connection broke off"), DeployError("the cloud gave no answer")],
    ids=["network", "cloud"],
)
def test_a_launch_that_loses_an_answer_leaves_one_of_each_or_nothing(
    gitlab: FakeGitLab, when: When, problem: EmelError
) -> None:
    for at in range(1, MOST):
        clock = gitlab.clock = EventfulClock()
        life = Life(at, when, problem)
        faulty = yard(gitlab, clock, life)
        failed = False
        try:
            launch(faulty.fleet, faulty.wanted(), NAME, (), progress=Silence())
        except EmelError:
            failed = True
        place = yard_of(gitlab, faulty.project, faulty.compute, clock)
        assert no_name_is_there_twice(place)
        if not failed:
            assert len(place.project.runners) == len(place.compute.there) == 1
        if not life.reached:
            return
        clock.sleep(3 * AN_HOUR)
        prune_all(place)
        assert place.nothing_is_left()


@pytest.mark.parametrize("moment", ["as it boots", "when its runner has come", "while its job runs"])
def test_a_machine_that_is_lost_leaves_nothing_after_prune(gitlab: FakeGitLab, moment: str) -> None:
    clock = gitlab.clock = EventfulClock()
    place = yard(gitlab, clock)
    lose: Callable[[str], None] = place.compute.lose
    if moment == "as it boots":
        place.compute.on_create = lose
    if moment == "when its runner has come":

        def come_up_and_go(name: str) -> None:
            exchange(gitlab.world, place.compute.secrets[name], clock.monotonic())
            lose(name)

        place.compute.on_create = come_up_and_go
    try:
        launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    except EmelError:
        assert moment != "while its job runs"
        assert place.nothing_is_left()
    lose(NAME)

    prune_all(place)
    assert place.nothing_is_left()
