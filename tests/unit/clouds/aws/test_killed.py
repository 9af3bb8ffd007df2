"""A launcher that is killed after any call to AWS: the next completes its work, and nothing is doubled.

Between two calls nothing happens that AWS could see, so before a call is after the one before.
"""

from __future__ import annotations

from tests.fakes.aws import FakeAws, Killed, Killer, aws_compute

from emel.records import MachineBoot, MachineShape

NAME = "emel-7-1"
BOOT = MachineBoot(script="exit", user_data="#cloud-config\n", max_lifetime=60.0)
SHAPE = MachineShape(cloud="aws", platform="m7i.large", cpus=2, memory=8, disk=30, disk_type="gp3")


def test_a_create_that_was_killed_after_any_call_is_completed_by_the_next(aws: FakeAws) -> None:
    number, interrupted = 0, True
    while interrupted:
        number += 1
        name = f"{NAME}{number}"
        try:
            aws_compute(aws, connect=Killer(aws, number)).create(name, SHAPE, BOOT, "glrt-1", {})
            interrupted = False
        except Killed:
            # A description just after the kill shows nothing of the machine yet.
            aws.unseen = 1
        made = aws_compute(aws).create(name, SHAPE, BOOT, "glrt-2", {})
        assert [one.id for one in aws.alive()] == [made.id], f"killed after call {number}"
        aws_compute(aws).delete(name)
        assert aws.alive() == []
    assert number > 7, "a launch makes that many calls at least"


def test_a_delete_that_was_killed_after_any_call_is_completed_by_the_next(aws: FakeAws) -> None:
    number, interrupted = 0, True
    while interrupted:
        number += 1
        aws_compute(aws).create(NAME, SHAPE, BOOT, f"glrt-{number}", {})
        try:
            aws_compute(aws, connect=Killer(aws, number)).delete(NAME)
            interrupted = False
        except Killed:
            pass
        aws_compute(aws).delete(NAME)
        assert aws.alive() == [], f"killed after call {number}"
    assert number > 3, "a deletion makes that many calls at least"
