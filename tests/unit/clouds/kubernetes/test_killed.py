"""A launcher that is killed at any call to the cluster: the next completes its work, nothing is doubled."""

from __future__ import annotations

from typing import Literal

import pytest
from tests.fakes.kubernetes import FakeCluster, Killed, Killer, StandInKubectl, kubernetes_compute

from emel.records import MachineBoot, MachineShape

NAME = "emel-7-1"
BOOT = MachineBoot(script="exit", user_data="", max_lifetime=60.0)
SHAPE = MachineShape(cloud="kubernetes", platform="job", cpus=4, memory=16, disk=30)
WHEN: tuple[Literal["before", "after"], ...] = ("before", "after")


@pytest.mark.parametrize("when", WHEN)
def test_a_create_that_was_killed_at_any_call_is_completed_by_the_next(
    cluster: FakeCluster, when: Literal["before", "after"]
) -> None:
    number, interrupted, made = 0, True, 0
    while interrupted:
        number += 1
        killer = Killer(StandInKubectl(cluster), number, when)
        try:
            kubernetes_compute(cluster, process=killer).create(NAME, SHAPE, BOOT, "glrt-1", {})
            interrupted = False
        except Killed:
            pass
        machine = kubernetes_compute(cluster).create(NAME, SHAPE, BOOT, "glrt-2", {})
        made += 1
        assert machine.state == "running", f"killed {when} call {number}"
        assert (len(cluster.world.jobs), cluster.world.pods_made) == (1, made), f"killed {when} call {number}"
        kubernetes_compute(cluster).delete(NAME)
        assert (cluster.world.jobs, cluster.world.pods, cluster.world.secrets) == ({}, {}, {})
    assert number > 6, "a launch makes that many calls at least"


@pytest.mark.parametrize("when", WHEN)
def test_a_delete_that_was_killed_at_any_call_is_completed_by_the_next(
    cluster: FakeCluster, when: Literal["before", "after"]
) -> None:
    number, interrupted = 0, True
    while interrupted:
        number += 1
        kubernetes_compute(cluster).create(NAME, SHAPE, BOOT, "glrt-1", {})
        killer = Killer(StandInKubectl(cluster), number, when)
        try:
            kubernetes_compute(cluster, process=killer).delete(NAME)
            interrupted = False
        except Killed:
            pass
        kubernetes_compute(cluster).delete(NAME)
        assert (cluster.world.jobs, cluster.world.pods, cluster.world.secrets) == ({}, {}, {})
    assert number > 4, "a deletion makes that many calls at least"
