"""What people read of launched runners."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from rich.console import Console, RenderableType

from emel.cli.render import runners as render
from emel.records import (
    Launched,
    LaunchPlan,
    Machine,
    MachinePrice,
    MachineShape,
    Pruned,
    RunnerStatus,
    RunnerStop,
    Waited,
)

SHAPE = MachineShape(
    cloud="yandex",
    platform="standard-v3-t4",
    cpus=4,
    memory=16,
    gpu="t4",
    gpus=1,
    spot=True,
    disk=50,
    zones=("ru-central1-d",),
)
PLAN = LaunchPlan(
    shape=SHAPE,
    executor="docker",
    max_lifetime=21600,
    idle=300,
    max_jobs=1,
    price=MachinePrice(per_hour=21.32, currency="RUB", source="prices of Yandex Cloud, 2026-05-01"),
    worst_case=127.92,
    max_cost=150,
)
STATUS = RunnerStatus(
    name="emel-7-42",
    cloud="yandex",
    runner=5,
    runner_status="online",
    job="train",
    machine="m1",
    state="running",
    zone="ru-central1-d",
    spot=True,
    age=4000,
    cost=23.69,
    currency="RUB",
)


def shown(what: RenderableType) -> str:
    target = Console(width=140, record=True, file=None, quiet=False)
    with target.capture() as captured:
        target.print(what)
    return captured.get()


def plan(**changes: Any) -> LaunchPlan:
    return msgspec.structs.replace(PLAN, **changes)


def test_a_plan_tells_machine_end_price_and_the_worst_case() -> None:
    text = shown(render.launch_plan(PLAN))
    assert "standard-v3-t4 on yandex: 4 processors, 16 GB, 1 × t4, 50 GB disk, may be taken away" in text
    assert "after 5 min without a job, at the latest after 6 h" in text
    assert "21.32 RUB an hour (prices of Yandex Cloud, 2026-05-01)" in text
    assert "127.92 RUB; max_cost is 150" in text


@pytest.mark.parametrize(
    ("price", "worst", "said"),
    [
        (None, None, "not known; price_per_hour under [train.machine] tells it"),
        (MachinePrice(per_hour=0, currency="", source="this machine is there anyway"), 0, "nothing: this"),
        (
            MachinePrice(per_hour=1, currency="USD", source="list", at_most=True),
            6,
            "at most 1.00 USD an hour",
        ),
    ],
)
def test_a_price_may_be_unknown_or_nothing_or_a_bound(
    price: MachinePrice | None, worst: float | None, said: str
) -> None:
    assert said in shown(render.launch_plan(plan(price=price, worst_case=worst)))


def test_a_launch_tells_by_which_tags_jobs_come_there() -> None:
    machine = Machine(
        name="emel-7-42",
        id="m1",
        cloud="yandex",
        state="running",
        zone="ru-central1-d",
        created_at="2026-11-22T12:00:00+00:00",
    )
    made = Launched(
        name="emel-7-42", tags=("emel-7-42", "sweep"), machine=machine, runner=5, plan=PLAN, changed=True
    )
    assert "emel-7-42 takes jobs with the tag emel-7-42, or sweep" in shown(render.launched(made))
    again = msgspec.structs.replace(made, changed=False)
    assert "emel-7-42 works already, and takes jobs" in shown(render.launched(again))


def test_the_list_has_a_column_of_reasons_only_where_something_is_over() -> None:
    assert "over" not in shown(render.runners([STATUS]))
    over = RunnerStatus(name="emel-7-41", cloud="yandex", runner=4, over="its machine is gone")
    lines = shown(render.runners([STATUS, over])).splitlines()
    assert "running ru-central1-d spot" in lines[2]
    assert "1 h 06 min" in lines[2]
    assert "23.69 RUB" in lines[2]
    assert "its machine is gone" in lines[3]


def test_what_was_removed_is_named_and_that_there_was_nothing_too() -> None:
    over = msgspec.structs.replace(STATUS, over="the machine is stopped")
    assert "removed: emel-7-42 (the machine is stopped); kept: nothing" in shown(
        render.pruned(Pruned(removed=(over,), kept=()))
    )
    assert "the machine and the runner removed" in shown(
        render.stopped(RunnerStop(name="emel-7-42", machine=True, runners=(5,)))
    )
    assert "there is no runner or machine x" in shown(
        render.stopped(RunnerStop(name="x", machine=False, runners=()))
    )


def test_a_launch_that_stayed_tells_its_machines_and_what_they_cost() -> None:
    done = Waited(name="emel-7-42", machines=2, cost=30.5, currency="RUB")
    assert "removed after 2 machines; it cost at most 30.50 RUB" in shown(render.waited(done))
