"""Calls of AWS through boto3, with its standard chain of credentials: environment, profile, web identity.

Reads, and changes that carry a client token, are repeated by boto3 itself, with growing pauses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.parsers import ResponseParserError

from emel.clouds.aws.refusals import refusal
from emel.errors import DeployError
from emel.records import AwsMachines

Connect = Callable[[str], Any]
"""Makes the client of a service by its name: `ec2`, `ssm`, `pricing`."""
PRICING_REGION = "us-east-1"
"""Where the Price List API answers, for all regions (AWS Billing User Guide, «AWS Price List Query API»)."""


def region_of(settings: AwsMachines, env: Mapping[str, str]) -> str | None:
    """The region that [aws.machine] or AWS_REGION names. None leaves it to boto3, which heeds the profile and
    AWS_DEFAULT_REGION, but not AWS_REGION."""
    return settings.region or env.get("AWS_REGION")


def connect_to(region: str | None) -> Connect:
    """How to reach AWS in a region; without one, in that of the environment or the profile."""

    def connect(service: str) -> Any:
        place = PRICING_REGION if service == "pricing" else region
        retries = {"mode": "standard", "total_max_attempts": 4}
        config = Config(retries=retries, connect_timeout=10, read_timeout=60)
        return boto3.client(service, region_name=place, config=config)

    return connect


class Session:
    """One signed-in user in one region. Errors of all calls: DeployError, Refusal where AWS refuses."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._clients: dict[str, Any] = {}

    @property
    def region(self) -> str:
        """The region's name, as `eu-central-1`."""
        return str(self._client("ec2").meta.region_name)

    def call(self, service: str, operation: str, **arguments: Any) -> Any:
        """Call an operation by its name in the API, such as `RunInstances`."""
        try:
            return getattr(self._client(service), xform_name(operation))(**arguments)
        except ClientError as problem:
            said = problem.response.get("Error", {})
            code, text = str(said.get("Code", "unknown")), str(said.get("Message", ""))
            raise refusal(code, text, service, operation) from None
        except (BotoCoreError, ResponseParserError) as problem:
            raise _unanswered(problem, operation) from None

    def pages(self, operation: str, field: str, **arguments: Any) -> list[Any]:
        """All elements of a list of EC2, whatever the number of its pages. `field` is the list's name."""
        found: list[Any] = []
        while True:
            answer = self.call("ec2", operation, **arguments)
            found += answer.get(field, ())
            if not answer.get("NextToken"):
                return found
            arguments["NextToken"] = answer["NextToken"]

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._connect(service)
        return self._clients[service]


def _unanswered(problem: Exception, operation: str) -> DeployError:
    where = f"AWS, {operation}"
    if isinstance(problem, NoRegionError):
        return DeployError("no region is named", hint="set [aws.machine] region in emel.toml, or AWS_REGION")
    if isinstance(problem, NoCredentialsError | PartialCredentialsError | ProfileNotFound):
        return DeployError(
            f"nobody is signed in: {problem}",
            where=where,
            hint="sign in with `aws sso login`, or in GitLab by an ID token: docs/guides/cloud-training.md",
        )
    hint = "see that the region is right, then try again: no machine is doubled by it"
    return DeployError(f"no usable answer: {problem}", where=where, hint=hint)
