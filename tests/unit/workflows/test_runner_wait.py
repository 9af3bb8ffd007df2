"""Staying with a machine: its jobs end, it is lost and replaced, the money runs out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tests.fakes.fleet import TABLE, EventfulClock, Yard, yard
from tests.fakes.gitlab import BAD_GATEWAY, FakeGitLab, end_job, push_job
from tests.fakes.progress import Silence

from emel.config.machines import MachineTable
from emel.errors import ForgeError, MachineError
from emel.records import Launched, Waited
from emel.workflows.runner_launch import launch
from emel.workflows.runner_wait import stay

NAME = "emel-1-42"
RETRY = {"max": 2, "when": ["runner_system_failure"]}
SPOT = msgspec.structs.replace(TABLE, spot=True)


@pytest.fixture
def place() -> Iterator[Yard]:
    clock = EventfulClock()
    with FakeGitLab(clock=clock) as gitlab:
        yield yard(gitlab, clock)


def launched(place: Yard, table: MachineTable = SPOT) -> Launched:
    return launch(place.fleet, place.wanted(table), NAME, (), progress=Silence())


def stayed(place: Yard, made: Launched, replacements: int = 3) -> Waited:
    return stay(place.fleet, made, replacements=replacements, progress=Silence())


def running_job(place: Yard, made: Launched) -> dict[str, Any]:
    return push_job(
        place.gitlab.world,
        place.project,
        "train",
        tags=(NAME,),
        status="running",
        runner=made.runner,
        retry=RETRY,
    )


def test_when_the_job_has_ended_all_is_removed_without_waiting_for_the_idle_time(place: Yard) -> None:
    made = launched(place)
    job = running_job(place, made)
    place.clock.at(60, lambda: end_job(place.gitlab.world, place.project, job, "success"))
    done = stayed(place, made)

    assert place.nothing_is_left()
    assert (done.machines, done.cost) == (1, pytest.approx(6.0 * 60 / 3600, abs=0.03))


def test_what_is_going_on_is_told_once(place: Yard) -> None:
    made, told = launched(place), Silence()
    job = running_job(place, made)
    place.clock.at(60, lambda: end_job(place.gitlab.world, place.project, job, "success"))
    stay(place.fleet, made, replacements=0, progress=told)
    assert told.steps.count("the job train is running") == 1


def test_a_job_that_comes_later_is_waited_for(place: Yard) -> None:
    made = launched(place)
    jobs: list[dict[str, Any]] = []
    place.clock.at(100, lambda: jobs.append(running_job(place, made)))
    place.clock.at(300, lambda: end_job(place.gitlab.world, place.project, jobs[0], "success"))
    stayed(place, made)
    assert place.clock.monotonic() >= 300


def test_a_machine_that_ended_itself_without_a_job_is_the_end(place: Yard) -> None:
    made = launched(place)
    place.clock.at(300, lambda: place.compute.stop(NAME))
    assert stayed(place, made).machines == 1
    assert place.nothing_is_left()


def test_jobs_of_others_are_not_waited_for(place: Yard) -> None:
    made = launched(place)
    push_job(place.gitlab.world, place.project, "other", tags=("gpu",))
    push_job(place.gitlab.world, place.project, "untagged", tags=())
    place.clock.at(300, lambda: place.compute.stop(NAME))
    stayed(place, made)
    assert place.clock.monotonic() < 400


def lose(place: Yard, job: dict[str, Any]) -> dict[str, Any] | None:
    """The cloud takes the machine away, and the runner has just time to say so."""
    place.compute.lose(NAME)
    return end_job(place.gitlab.world, place.project, job, "failed", "runner_system_failure")


def test_a_lost_machine_is_replaced_while_its_job_waits(place: Yard) -> None:
    made = launched(place)
    job = running_job(place, made)
    again: list[dict[str, Any] | None] = []
    place.clock.at(60, lambda: again.append(lose(place, job)))

    def finish() -> None:
        assert again[0] is not None
        end_job(place.gitlab.world, place.project, again[0], "success")

    place.clock.at(120, finish)
    done = stayed(place, made)

    assert done.machines == 2
    assert place.compute.made == [NAME, NAME]
    assert place.nothing_is_left()
    assert done.cost == pytest.approx(place.compute.bill(), abs=0.1)


def test_there_are_no_more_replacements_than_allowed(place: Yard) -> None:
    made = launched(place)
    job = running_job(place, made)
    place.clock.at(60, lambda: lose(place, job))
    with pytest.raises(MachineError, match="gone while a job waits"):
        stayed(place, made, replacements=0)
    assert place.nothing_is_left()
    assert place.compute.made == [NAME]


def test_all_machines_together_keep_the_limit(place: Yard) -> None:
    """Twenty minutes cost 12; after 500 seconds, a replacement may live for the 700 that are left."""
    dear = msgspec.structs.replace(SPOT, max_lifetime="20m", price_per_hour=36.0, max_cost=12.0)
    made = launched(place, dear)
    job = running_job(place, made)
    place.clock.at(500, lambda: lose(place, job))
    lives: list[float] = []
    place.clock.at(550, lambda: lives.append(place.compute.boots[NAME].max_lifetime))
    with pytest.raises(MachineError, match="too little of max_cost"):
        stayed(place, made)

    assert lives == [pytest.approx(690, abs=10)]
    assert sum(place.compute.seconds.values()) <= 1200
    assert place.nothing_is_left()


def test_trouble_of_the_server_ends_no_training(place: Yard) -> None:
    made = launched(place)
    job = running_job(place, made)
    trouble = [BAD_GATEWAY] * 40
    place.clock.at(20, lambda: place.gitlab.faults.add("GET", "/jobs$", *trouble))
    place.clock.at(600, lambda: end_job(place.gitlab.world, place.project, job, "success"))
    told = Silence()
    stay(place.fleet, made, replacements=0, progress=told)

    assert any("trying again" in step for step in told.steps)
    assert place.clock.monotonic() >= 600
    assert place.nothing_is_left()


def test_a_token_that_may_not_see_jobs_is_told_at_once(place: Yard) -> None:
    made = launched(place)
    for token in place.gitlab.world.tokens.values():
        token.scopes = frozenset({"create_runner", "manage_runner"})
    with pytest.raises(ForgeError, match="insufficient_scope"):
        stayed(place, made)
    assert place.nothing_is_left()


def test_trouble_that_never_ends_is_told_when_the_machine_must_have_ended(place: Yard) -> None:
    made = launched(place, msgspec.structs.replace(SPOT, max_lifetime="10m"))
    running_job(place, made)
    place.clock.at(20, lambda: place.gitlab.faults.add("GET", "/jobs$", *[BAD_GATEWAY] * 2000))
    with pytest.raises(ForgeError, match="502"):
        stayed(place, made)
    assert place.clock.monotonic() >= 600


def test_an_interrupt_removes_both(place: Yard) -> None:
    made = launched(place)
    running_job(place, made)

    def interrupt() -> None:
        raise KeyboardInterrupt

    place.clock.at(60, interrupt)
    with pytest.raises(KeyboardInterrupt):
        stayed(place, made)
    assert place.nothing_is_left()
