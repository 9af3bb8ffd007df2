"""emel's machines of AWS, pointed at the server on loopback."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal

import boto3
from botocore.config import Config
from tests.fakes.aws.server import REGION, FakeAws
from tests.fakes.clocks import HastyClock

from emel.clouds.aws.compute import AwsCompute, open_compute
from emel.clouds.aws.session import Connect
from emel.clouds.base import Outside
from emel.records import AwsMachines
from emel.system.clock import Clock


class Killed(BaseException):
    """The process is gone. Nothing of emel catches it."""


def aws_compute(
    aws: FakeAws,
    settings: AwsMachines | None = None,
    *,
    clock: Clock | None = None,
    tell: Callable[[str], None] = lambda _: None,
    connect: Connect | None = None,
) -> AwsCompute:
    """The machines of the fake's region, with waits that take no time."""
    outside = Outside(aws_machines=settings or AwsMachines(), clock=clock or HastyClock(), tell=tell)
    return open_compute(Path(), outside, connect or connect_to_fake(aws))


def connect_to_fake(aws: FakeAws) -> Connect:
    """boto3's own clients. They are kept: each takes a good part of a second to make."""
    return lambda service: _kept_client(service, aws.url)


@cache
def _kept_client(service: str, url: str) -> Any:
    return _new_client(service, url)


def _new_client(service: str, url: str) -> Any:
    """A client that repeats a call at most twice."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


class Killer:
    """Makes clients that end the process at their call of this number, from 1, before or after it."""

    def __init__(self, aws: FakeAws, number: int, when: Literal["before", "after"]) -> None:
        self._url = aws.url
        self._rest = number
        self._when = when

    def __call__(self, service: str) -> Any:
        client = _new_client(service, self._url)
        client.meta.events.register("before-call.*.*", self._before)
        client.meta.events.register("after-call.*.*", self._after)
        return client

    def _before(self, **_: Any) -> None:
        self._rest -= 1
        if self._rest == 0 and self._when == "before":
            raise Killed

    def _after(self, **_: Any) -> None:
        if self._rest == 0:
            raise Killed
