"""A launch: one runner, one machine, in an order in which no job can read the token, and nothing left of a
failure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from tests.fakes.fleet import MARK, TABLE, EventfulClock, Yard, yard
from tests.fakes.gitlab import FakeGitLab, Fault
from tests.fakes.gitlab.coordinator import contact, exchange
from tests.fakes.gitlab.routing import Refusal
from tests.fakes.progress import Silence

from emel.config.machines import MachineTable
from emel.errors import DeployError, ForgeError, MachineError
from emel.runners import owner_labels
from emel.workflows.runner_launch import launch, plan

NAME = "emel-1-42"


@pytest.fixture
def clock() -> EventfulClock:
    return EventfulClock()


@pytest.fixture
def gitlab(clock: EventfulClock) -> Iterator[FakeGitLab]:
    with FakeGitLab(clock=clock) as fake:
        yield fake


@pytest.fixture
def place(gitlab: FakeGitLab, clock: EventfulClock) -> Yard:
    return yard(gitlab, clock)


def test_a_launched_runner_takes_jobs_with_its_tag_alone(place: Yard) -> None:
    made = launch(place.fleet, place.wanted(), NAME, ("sweep",), progress=Silence())

    assert made.changed
    assert made.tags == (NAME, "sweep")
    [runner] = place.project.runners.values()
    assert runner["tag_list"] == [NAME, "sweep", MARK]
    assert (runner["description"], runner["paused"], runner["run_untagged"]) == (NAME, False, False)
    assert runner["maximum_timeout"] == 7200
    assert list(place.compute.there) == [NAME]


def test_the_machine_carries_what_others_must_know_of_it(place: Yard) -> None:
    made = launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    assert made.machine.labels == {
        "emel": "runner",
        **owner_labels(place.gitlab.url, str(place.project.id)),
        "emel-runner": str(made.runner),
        "emel-ends": str(int(place.clock.now().timestamp()) + 7200),
        "emel-price": "6.000000",
        "emel-currency": "",
    }


def test_no_job_can_run_as_long_as_the_token_can_be_read(place: Yard) -> None:
    readable_when_resumed: list[bool] = []

    def watch(method: str, path: str) -> None:
        if method == "PUT" and "/runners/" in path:
            readable_when_resumed.append(NAME in place.compute.secrets)

    place.gitlab.before = watch
    launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    assert readable_when_resumed == [False]


def test_a_launch_again_finds_what_works_already(place: Yard) -> None:
    first = launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    again = launch(place.fleet, place.wanted(), NAME, (), progress=Silence())

    assert not again.changed
    assert (again.runner, again.machine.id) == (first.runner, first.machine.id)
    assert len(place.project.runners) == len(place.compute.made) == 1


def test_a_launch_removes_what_is_over_and_says_so(place: Yard) -> None:
    launch(place.fleet, place.wanted(), "emel-1-41", (), progress=Silence())
    place.compute.stop("emel-1-41")
    told = Silence()
    launch(place.fleet, place.wanted(), NAME, (), progress=told)

    assert "removing emel-1-41: the machine is stopped" in told.steps
    assert list(place.compute.there) == [NAME]
    assert [runner["description"] for runner in place.project.runners.values()] == [NAME]


def test_what_is_over_and_cannot_be_removed_keeps_nobody_from_launching(place: Yard) -> None:
    old = launch(place.fleet, place.wanted(), "emel-1-41", (), progress=Silence())
    place.compute.lose("emel-1-41")
    place.gitlab.faults.add("DELETE", f"/runners/{old.runner}$", *[Fault(cut="before")] * 9)
    told = Silence()
    assert launch(place.fleet, place.wanted(), NAME, (), progress=told).changed
    assert any(step.startswith("emel-1-41 could not be removed") for step in told.steps)


def test_a_runner_that_gets_its_machine_while_we_look_is_left_alone(place: Yard) -> None:
    """The other launch makes both between our two questions, to the cloud and to GitLab."""

    def launch_beside(method: str, path: str) -> None:
        if method == "GET" and path.endswith("/runners"):
            place.gitlab.before = lambda method, path: None
            launch(place.fleet, place.wanted(), "emel-1-43", (), progress=Silence())

    place.gitlab.before = launch_beside
    launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    assert {runner["description"] for runner in place.project.runners.values()} == {"emel-1-43", NAME}


def test_another_launch_that_is_under_way_is_left_alone(place: Yard) -> None:
    place.fleet.forge.runners.create("emel-1-43", ["emel-1-43", MARK], note=_note(place), paused=True)
    launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    assert {runner["description"] for runner in place.project.runners.values()} == {"emel-1-43", NAME}


def test_a_runner_whose_answer_was_lost_is_not_there_twice(place: Yard) -> None:
    place.gitlab.faults.add("POST", "/user/runners$", Fault(cut="after"))
    made = launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    assert list(place.project.runners) == [made.runner]


def test_a_machine_that_does_not_come_up_is_removed_with_its_last_words(place: Yard) -> None:
    place.compute.on_create = lambda name: None
    told = Silence()
    with pytest.raises(MachineError, match="has not come up within 15 minutes") as caught:
        launch(place.fleet, place.wanted(), NAME, (), progress=told)

    assert caught.value.exit_code == 19
    assert "the machine has booted" in told.lines
    assert place.nothing_is_left()


def test_a_machine_that_ends_before_its_runner_came_is_removed(place: Yard) -> None:
    place.compute.on_create = place.compute.stop
    with pytest.raises(MachineError, match="ended before"):
        launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    assert place.nothing_is_left()


def test_a_machine_that_ended_itself_for_want_of_another_token_is_removed(place: Yard) -> None:
    """GitLab has heard of its runner then, by the exchange whose answer never came."""

    def lose_the_answer(name: str) -> None:
        exchange(place.gitlab.world, place.compute.secrets[name], place.clock.monotonic())
        place.compute.stop(name)

    place.compute.on_create = lose_the_answer
    with pytest.raises(MachineError, match="ended before"):
        launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    assert place.nothing_is_left()


def test_a_copy_of_what_the_cloud_had_is_worth_nothing_before_any_job_runs(place: Yard) -> None:
    copies: list[str] = []
    come_up = place.compute.on_create

    def copied(name: str) -> None:
        copies.append(place.compute.secrets[name])
        come_up(name)

    place.compute.on_create = copied
    launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    with pytest.raises(Refusal):
        contact(place.gitlab.world, copies[0], place.clock.monotonic())


def test_a_machine_of_another_server_that_has_the_name_is_left_alone(place: Yard) -> None:
    """Project and runner may have the same numbers there."""
    stranger = place.fleet._replace(server="https://gitlab.test")
    launch(stranger, place.wanted(), NAME, (), progress=Silence())
    place.project.runners.clear()
    place.gitlab.world.numbers.clear()
    with pytest.raises(MachineError, match="another launch"):
        launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    assert list(place.compute.there) == [NAME]
    assert place.project.runners == {}


def test_a_cloud_that_refuses_leaves_no_runner(place: Yard) -> None:
    place.compute.refusal = "the quota of processors is used up"
    with pytest.raises(MachineError, match="quota"):
        launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    assert place.nothing_is_left()


def test_a_console_that_cannot_be_read_keeps_no_machine_from_coming_up(place: Yard) -> None:
    come_up = place.compute.on_create
    place.compute.on_create = lambda name: place.clock.at(20, lambda: come_up(name))
    place.compute.hides_logs = True
    assert launch(place.fleet, place.wanted(), NAME, (), progress=Silence()).changed


def test_an_interrupt_leaves_nothing(place: Yard) -> None:
    def interrupt(name: str) -> None:
        raise KeyboardInterrupt

    place.compute.on_create = interrupt
    with pytest.raises(KeyboardInterrupt):
        launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    assert place.nothing_is_left()


def test_what_could_not_be_removed_is_named_with_the_command_that_does(place: Yard) -> None:
    place.compute.on_create = place.compute.lose
    refusal = Fault(after=False, cut="before")
    place.gitlab.faults.add("DELETE", "/runners/", *[refusal] * 9)
    with pytest.raises(MachineError, match="could not be removed") as caught:
        launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    assert caught.value.hint == f"remove it: emel runner stop {NAME} --now"


def test_a_token_that_may_make_and_not_remove_is_told_which_scope_it_lacks(
    gitlab: FakeGitLab, clock: EventfulClock
) -> None:
    weak = yard(gitlab, clock, scopes=("create_runner", "read_api"))
    with pytest.raises(MachineError, match="could not be removed") as caught:
        launch(weak.fleet, weak.wanted(), NAME, (), progress=Silence())
    assert caught.value.hint is not None
    assert "manage_runner" in caught.value.hint
    assert caught.value.hint.endswith(f"then remove it: emel runner stop {NAME} --now")
    assert not weak.compute.there


def test_the_token_is_shown_nowhere(place: Yard) -> None:
    told = Silence()
    made_with: list[str] = []

    def talk(name: str) -> None:
        made_with.append(place.compute.secrets[name])
        place.compute.logs[name] = f"token {made_with[0]} found\n"

    place.compute.on_create = talk
    with pytest.raises(MachineError) as caught:
        launch(place.fleet, place.wanted(), NAME, (), progress=told)
    assert "token [MASKED] found" in told.lines
    assert made_with[0] not in "".join([*told.lines, *told.steps, str(caught.value), str(caught.value.hint)])


def test_a_token_without_the_right_is_told_before_a_machine_is_made(place: Yard) -> None:
    for token in place.gitlab.world.tokens.values():
        token.scopes = frozenset({"manage_runner", "read_api"})
    with pytest.raises(ForgeError, match="insufficient_scope") as caught:
        launch(place.fleet, place.wanted(), NAME, (), progress=Silence())
    assert "create_runner" in (caught.value.hint or "")
    assert place.compute.made == []


def test_the_worst_case_is_the_price_of_the_whole_lifetime(place: Yard) -> None:
    wanted = place.wanted()
    assert wanted.price is not None
    assert (wanted.price.per_hour, wanted.worst_case) == (6.0, 12.0)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (MachineTable(max_lifetime="2h", price_per_hour=6.0, max_cost=11.99), "could cost 12.00"),
        (MachineTable(max_lifetime="2h", max_cost=100.0), "nobody knows the price"),
    ],
    ids=["too dear", "price unknown"],
)
def test_what_could_cost_too_much_is_refused_before_anything_is_made(
    place: Yard, table: MachineTable, said: str
) -> None:
    with pytest.raises(MachineError, match=said) as caught:
        plan(place.compute, table)
    assert caught.value.hint
    assert place.compute.made == []


def test_what_the_cloud_lacks_is_refused_before_anything_is_made(place: Yard) -> None:
    with pytest.raises(DeployError, match="there is no t4"):
        plan(place.compute, msgspec.structs.replace(TABLE, gpu="t4"))


def _note(place: Yard) -> str:
    return f"Made by `emel runner launch` at {place.clock.now().isoformat(timespec='seconds')} for x"
