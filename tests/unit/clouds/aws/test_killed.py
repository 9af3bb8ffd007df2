"""A launcher that is killed at any call to AWS: the next completes its work, and nothing is doubled."""

from __future__ import annotations

from typing import Literal

import pytest
from tests.fakes.aws import FakeAws, Killed, Killer, aws_compute

from emel.records import MachineBoot, MachineShape

NAME = "emel-7-1"
BOOT = MachineBoot(script="exit", user_data="#cloud-config\n", max_lifetime=60.0)
SHAPE = MachineShape(cloud="aws", platform="m7i.large", cpus=2, memory=8, disk=30, disk_type="gp3")
WHEN: tuple[Literal["before", "after"], ...] = ("before", "after")


@pytest.mark.parametrize("when", WHEN)
def test_a_create_that_was_killed_at_any_call_is_completed_by_the_next(
    aws: FakeAws, when: Literal["before", "after"]
) -> None:
    number, interrupted = 0, True
    while interrupted:
        number += 1
        aws.reset()
        try:
            aws_compute(aws, connect=Killer(aws, number, when)).create(NAME, SHAPE, BOOT, "glrt-1", {})
            interrupted = False
        except Killed:
            # A description just after the kill shows nothing of the machine yet.
            aws.unseen = 1
        made = aws_compute(aws).create(NAME, SHAPE, BOOT, "glrt-2", {})
        assert [one.id for one in aws.instances()] == [made.id], f"killed {when} call {number}"
        aws_compute(aws).delete(NAME)
        assert aws.alive() == []
    assert number > 7, "a launch makes that many calls at least"


@pytest.mark.parametrize("when", WHEN)
def test_a_delete_that_was_killed_at_any_call_is_completed_by_the_next(
    aws: FakeAws, when: Literal["before", "after"]
) -> None:
    number, interrupted = 0, True
    while interrupted:
        number += 1
        aws_compute(aws).create(NAME, SHAPE, BOOT, f"glrt-{number}", {})
        try:
            aws_compute(aws, connect=Killer(aws, number, when)).delete(NAME)
            interrupted = False
        except Killed:
            pass
        aws_compute(aws).delete(NAME)
        assert aws.alive() == [], f"killed {when} call {number}"
    assert number > 3, "a deletion makes that many calls at least"
