"""Launches and deletions that are killed at any remote call: nothing is doubled, nothing is orphaned."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import grpc
import pytest
from tests.fakes.compute import BOOT
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated_compute
from tests.fakes.yandex.dying import Killed, dying_client
from tests.fakes.yandex.state import Fault
from yandex.cloud.compute.v1 import instance_pb2 as shapes

from emel.clouds.yandex.compute import YandexCompute
from emel.records import MachineWanted

NAME = "emel-7-1"
Use = Callable[[YandexCompute], object]


def create(compute: YandexCompute) -> None:
    compute.create(NAME, compute.shape(MachineWanted()), BOOT, "glrt-secret", {})


def delete(compute: YandexCompute) -> None:
    compute.delete(NAME)


def forget(compute: YandexCompute) -> None:
    compute.forget_secret(NAME)


def killed_at(emulator: Emulator, number: int, use: Use) -> bool:
    """Whether a client that is killed at its call of this number got so far."""
    try:
        use(emulated_compute(emulator, connect=dying_client(emulator, number)))
    except Killed:
        return True
    return False


def kills(emulator: Emulator, use: Use, *, after: Callable[[], object] = lambda: None) -> Iterator[int]:
    """Kill a client at each of its calls in turn, each time `after` something. The last comes to its end."""
    number, interrupted = 0, True
    while interrupted:
        number += 1
        after()
        interrupted = killed_at(emulator, number, use)
        yield number


def nothing_is_left(emulator: Emulator) -> bool:
    return (emulator.machines.instances, emulator.machines.disks) == ({}, {})


@pytest.mark.parametrize("left", ["disk", "machine"])
def test_a_launch_is_completed_by_the_next(emulator: Emulator, left: str) -> None:
    """The first zone is full and leaves something, so that what clears it away is killed too."""
    emulator.machines.full_zones = {"ru-central1-a"}
    emulator.machines.left_by_failure = left
    survivor = emulated_compute(emulator)
    for number in kills(emulator, create):
        create(survivor)
        [machine] = survivor.machines()
        assert (machine.name, machine.state, machine.zone) == (NAME, "running", "ru-central1-b")
        assert len(emulator.machines.disks) == 1
        delete(survivor)
        assert nothing_is_left(emulator), f"killed at call {number}"
    assert number > 12, "a launch makes that many calls at least"


@pytest.mark.parametrize("left", ["", "machine"])
def test_a_launch_is_undone_by_a_deletion(emulator: Emulator, left: str) -> None:
    emulator.machines.full_zones = {"ru-central1-a"}
    emulator.machines.left_by_failure = left
    survivor = emulated_compute(emulator)
    for number in kills(emulator, create):
        delete(survivor)
        emulator.state.settle()
        assert nothing_is_left(emulator), f"killed at call {number}"
    assert number > 12, "a launch makes that many calls at least"


def test_a_deletion_is_completed_by_the_next(emulator: Emulator) -> None:
    survivor = emulated_compute(emulator)
    for number in kills(emulator, delete, after=lambda: create(survivor)):
        delete(survivor)
        assert nothing_is_left(emulator), f"killed at call {number}"
    assert number > 5, "a deletion makes that many calls at least"


def test_a_secret_is_forgotten_by_the_next(emulator: Emulator) -> None:
    survivor = emulated_compute(emulator)
    for number in kills(emulator, forget, after=lambda: create(survivor)):
        forget(survivor)
        emulator.state.settle()
        machine = emulator.machines.named(NAME)
        assert (set(machine.metadata), machine.status) == (
            {"user-data", "serial-port-enable"},
            shapes.Instance.RUNNING,
        ), f"killed at call {number}"
        delete(survivor)
    assert number > 4, "forgetting makes that many calls at least"


def test_any_answer_and_the_call_after_it_may_be_lost_and_nothing_is_made_or_left_twice(
    emulator: Emulator,
) -> None:
    """The cloud does not know the idempotency key, which nobody promises that it does."""
    emulator.state.honours_idempotency_key = False
    emulator.machines.full_zones = {"ru-central1-a"}
    emulator.machines.left_by_failure = "machine"
    number, lost = 0, True
    while lost:
        number += 1
        emulator.state.calls.clear()
        emulator.state.on_call = lambda at, _, number=number: lose(emulator, at - number)
        client = emulated_compute(emulator)
        create(client)
        assert [one.name for one in emulator.machines.instances.values()] == [NAME]
        forget(client)
        assert "emel-secret" not in emulator.machines.named(NAME).metadata
        delete(client)
        assert nothing_is_left(emulator)
        lost = len(emulator.state.calls) >= number
        assert all(fault.times == 0 for fault in emulator.state.faults), "each was met"
    assert number > 25, "all of it makes that many calls at least"


def lose(emulator: Emulator, later: int) -> None:
    """Lose the answer of the call that is meant, and the call after it."""
    if later in (0, 1):
        emulator.state.faults.append(Fault("", grpc.StatusCode.UNAVAILABLE, after=later == 0))
