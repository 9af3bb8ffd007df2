"""AWS as the contract suite of machines sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fakes.aws.client import aws_compute, connect_to_fake
from tests.fakes.aws.server import shared_aws
from tests.fakes.compute import SAYS, ComputeCase


@contextmanager
def aws_case(_: Path) -> Iterator[ComputeCase]:
    aws = shared_aws()
    aws.reset()
    aws.booted = lambda instance: aws.consoles.update({instance.id: SAYS})

    def named(name: str) -> Any:
        return next((one for one in aws.alive() if {"Name": name}.items() <= _tags(one).items()), None)

    def visible(name: str) -> str:
        # All that ec2:Describe* shows but the one attribute that has a right of its own.
        ec2 = connect_to_fake(aws)("ec2")
        return f"{ec2.describe_instances()} {ec2.describe_volumes()} {ec2.describe_tags()} {aws.consoles}"

    yield ComputeCase(
        aws_compute(aws),
        end=lambda name: aws.power_off(named(name)),
        visible=visible,
        holds_secret=lambda name: named(name) is not None and "emel-secret" in aws.user_data(named(name)),
    )


def _tags(instance: Any) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in instance.get_tags()}
