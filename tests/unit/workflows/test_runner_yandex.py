"""Runners on machines of the emulated Yandex Cloud: a launch, a loss, and kills at any call to the cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.clocks import HastyClock
from tests.fakes.gitlab import MAINTAINER, FakeGitLab, Project
from tests.fakes.gitlab.coordinator import exchange
from tests.fakes.gitlab.project import place_in
from tests.fakes.progress import Silence
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated_compute
from tests.fakes.yandex.dying import Killed, dying_client
from tests.fakes.yandex.state import SERVICE_ACCOUNT

from emel.config.machines import MachineTable
from emel.forge import open_gitlab
from emel.records import Launched, YandexMachines
from emel.system.http import SystemHttp
from emel.workflows.fleet import Fleet
from emel.workflows.runner_launch import launch, plan
from emel.workflows.runners import prune, stop

NAME = "emel-1-42"
DELETING_THEMSELVES = YandexMachines(service_account=SERVICE_ACCOUNT)
SPOT = MachineTable(cloud="yandex", spot=True, max_lifetime="2h")


class Place:
    """A project of GitLab and a folder of the cloud, where a machine's runner comes up when it has booted."""

    def __init__(self, folder: Path, gitlab: FakeGitLab) -> None:
        self.cloud = Emulator(folder / "yandex")
        self.gitlab = gitlab
        self.clock = HastyClock()
        self.project: Project = gitlab.world.project("team/wine")
        self.cloud.machines.on_boot = self._come_up
        self.cloud.state.roles.add("compute.admin")

    def fleet(self, **client: Any) -> Fleet:
        """As one program sees it; `client` is passed to its client of the cloud."""
        token = self.gitlab.world.project_token(self.project, MAINTAINER)
        place = place_in(self.gitlab, self.project)
        return Fleet(
            cloud="yandex",
            project=str(self.project.id),
            marks=("emel-runner-yandex",),
            server=self.gitlab.url,
            url=place.project_url,
            forge=open_gitlab(place, {"EMEL_GITLAB_TOKEN": token}, SystemHttp(env={}), self.clock),
            compute=emulated_compute(self.cloud, clock=self.clock, machines=DELETING_THEMSELVES, **client),
            clock=self.clock,
        )

    def nothing_is_left(self) -> bool:
        return not (self.cloud.machines.instances or self.cloud.machines.disks or self.project.runners)

    def _come_up(self, instance: Any) -> None:
        exchange(self.gitlab.world, instance.metadata["emel-secret"], self.clock.monotonic())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with FakeGitLab() as gitlab:
        made = Place(tmp_path, gitlab)
        yield made
        made.cloud.close()


def run(fleet: Fleet) -> Launched:
    return launch(fleet, plan(fleet.compute, SPOT), NAME, (), progress=Silence())


def end(fleet: Fleet) -> None:
    stop(fleet, NAME, now=True, progress=Silence())


def dies(place: Place, number: int, use: Callable[[Fleet], object]) -> bool:
    """Whether a program that is killed at its call of this number to the cloud got so far."""
    try:
        use(place.fleet(connect=dying_client(place.cloud, number)))
    except Killed:
        return True
    return False


def test_a_launched_machine_has_no_secret_left_and_its_runner_takes_jobs(place: Place) -> None:
    made = run(place.fleet())
    instance = place.cloud.machines.named(NAME)
    assert set(instance.metadata) == {"user-data", "serial-port-enable"}
    assert instance.metadata["user-data"].startswith("#cloud-config\n")
    assert (instance.labels["emel-price"], instance.labels["emel-currency"]) == ("2.204520", "rub")
    assert not place.project.runners[made.runner]["paused"]
    assert list(place.cloud.machines.bindings) == [instance.id]
    assert not run(place.fleet()).changed


def test_a_machine_that_the_cloud_took_away_is_replaced_by_the_next_launch(place: Place) -> None:
    first = run(place.fleet())
    place.cloud.compute.preempt(NAME)
    again = run(place.fleet())
    assert again.changed and again.machine.id != first.machine.id
    assert list(place.project.runners) == [again.runner]
    assert (len(place.cloud.machines.instances), len(place.cloud.machines.disks)) == (1, 1)


def test_a_launch_that_was_killed_at_any_call_to_the_cloud_is_completed_by_the_next(place: Place) -> None:
    """One zone has no room, and leaves a broken machine."""
    place.cloud.machines.full_zones, place.cloud.machines.left_by_failure = {"ru-central1-a"}, "machine"
    survivor = place.fleet()
    number, interrupted = 0, True
    while interrupted:
        number += 1
        interrupted = dies(place, number, run)
        made = run(survivor)
        assert list(place.project.runners) == [made.runner]
        assert [one.name for one in place.cloud.machines.instances.values()] == [NAME]
        assert "emel-secret" not in place.cloud.machines.named(NAME).metadata
        end(survivor)
        assert place.nothing_is_left()
    assert number > 20, "a launch makes that many calls at least"


def test_after_a_kill_at_any_call_to_the_cloud_prune_leaves_nothing(place: Place) -> None:
    survivor = place.fleet()
    number, interrupted = 0, True
    while interrupted:
        number += 1
        interrupted = dies(place, number, lambda fleet: (run(fleet), end(fleet)))
        place.clock.sleep(3 * 3600)
        prune(survivor, lambda _: True, Silence())
        place.cloud.state.settle()
        assert place.nothing_is_left(), f"killed at call {number}"
    assert number > 20, "a launch and its end make that many calls at least"
