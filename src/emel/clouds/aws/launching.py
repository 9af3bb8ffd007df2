"""One machine from a request: tried zone by zone, made once, waited for until it runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from emel.clouds.aws.places import Place
from emel.clouds.aws.refusals import NO_ROOM, TOKEN_IN_USE, TOKEN_USED_UP, Refusal
from emel.clouds.aws.session import Session
from emel.errors import DeployError
from emel.system.clock import Clock

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 15.0
START_SECONDS = 600.0
VISIBLE_SECONDS = 30.0
"""After so long a machine that has been made is seen by every call that describes machines."""
GENERATIONS = 100


class Launch(NamedTuple):
    """What is to be launched: `request` are the arguments of RunInstances but the subnet and the token."""

    name: str
    places: Sequence[Place]
    request: dict[str, Any]


def launch(session: Session, clock: Clock, tell: Callable[[str], None], plan: Launch) -> Any:
    """Make a machine in the first place that has room, and wait until it runs. Returns EC2's description.

    Errors: DeployError when no zone has room, or when it ends before it runs.
    """
    refused: list[str] = []
    for place in plan.places:
        tell(f"asking for {plan.request['InstanceType']} in {place.zone}")
        try:
            identifier = _made_once(session, clock, plan, place)
            return wait_until_running(session, clock, identifier)
        except Refusal as problem:
            if problem.code not in NO_ROOM:
                raise
            tell(f"{place.zone} has no room")
            refused.append(f"{place.zone}: {problem.message}")
    raise DeployError(
        f"no zone has room for {plan.request['InstanceType']}: {'; '.join(refused)}",
        hint="try later, another --type, or without --spot",
    )


def _made_once(session: Session, clock: Clock, plan: Launch, place: Place) -> str:
    """The identifier of a machine that this call, or another launch of the same name, has made here.

    The client token depends on the name alone, so that of two launches at one moment EC2 carries out one. It
    remembers the tokens of machines that are gone too, which the next number gets round. Source: EC2 API
    Reference, «Ensuring idempotency in Amazon EC2 API requests».
    """
    for generation in range(GENERATIONS):
        token = hashlib.sha256(f"{plan.name} {place.subnet} {generation}".encode()).hexdigest()
        try:
            made = session.call(
                "ec2", "RunInstances", **plan.request, SubnetId=place.subnet, ClientToken=token
            )
            [instance] = made["Instances"]
            if instance["State"]["Name"] in ("pending", "running"):
                return str(instance["InstanceId"])
        except Refusal as problem:
            if problem.code not in (TOKEN_IN_USE, TOKEN_USED_UP):
                raise
            other = _made_by_another(session, clock, token) if problem.code == TOKEN_IN_USE else None
            if other is not None:
                return other
    raise DeployError(f"{plan.name} has been launched {GENERATIONS} times", hint="choose another name")


def _made_by_another(session: Session, clock: Clock, token: str) -> str | None:
    """The machine that was made with this token, as long as it lives. It may take a moment to be seen."""
    ends, pause = clock.monotonic() + VISIBLE_SECONDS, FIRST_PAUSE
    while True:
        found = _described(session, "client-token", token)
        if found is not None:
            return str(found["InstanceId"]) if found["State"]["Name"] in ("pending", "running") else None
        if clock.monotonic() > ends:
            return None
        clock.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def wait_until_running(session: Session, clock: Clock, identifier: str) -> Any:
    """EC2's description of a machine, once it runs.

    Errors: DeployError when it takes too long; Refusal with EC2's reason when it ends before that.
    """
    ends, pause = clock.monotonic() + START_SECONDS, FIRST_PAUSE
    while clock.monotonic() < ends:
        found = _described(session, "instance-id", identifier)
        if found is not None and found["State"]["Name"] == "running":
            return found
        if found is not None and found["State"]["Name"] != "pending":
            raise _ended(found)
        clock.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
    raise DeployError(
        f"the machine {identifier} did not start within {START_SECONDS:g} s",
        hint=f"aws ec2 describe-instances --instance-ids {identifier} tells more",
    )


def _ended(instance: Any) -> Refusal:
    # `Server.InsufficientInstanceCapacity: there is not enough …`, or `Client.VolumeLimitExceeded: …`
    reason = instance.get("StateReason", {})
    code = str(reason.get("Code", "unknown")).rpartition(".")[2]
    text = str(reason.get("Message", "")) or "without a reason"
    return Refusal(code, f"the machine ended before it ran: {text}", where=instance["InstanceId"])


def _described(session: Session, key: str, value: str) -> Any:
    # By a filter, which answers with nothing as long as a new machine is not seen, and not with an error.
    filters = [{"Name": key, "Values": [value]}]
    pages = session.pages("DescribeInstances", "Reservations", Filters=filters)
    return next((one for page in pages for one in page["Instances"]), None)
