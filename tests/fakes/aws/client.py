"""emel's machines of AWS, pointed at the server on loopback."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

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
    return lambda service: _client(service, aws.url)


@cache
def _client(service: str, url: str) -> Any:
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
    """Connects to clients that end the process after their call of this number, from 1."""

    def __init__(self, aws: FakeAws, number: int) -> None:
        self._connect = connect_to_fake(aws)
        self._rest = number

    def __call__(self, service: str) -> Any:
        return _Dying(self._connect(service), self._count)

    def _count(self) -> None:
        self._rest -= 1
        if self._rest == 0:
            raise Killed


class _Dying:
    def __init__(self, client: Any, called: Callable[[], None]) -> None:
        self._client = client
        self._called = called

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            answer = getattr(self._client, name)(**arguments)
            self._called()
            return answer

        return call
