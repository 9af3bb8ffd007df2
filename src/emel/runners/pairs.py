"""Machines and runners side by side: which belong together, and which are over."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from emel.records import Machine, MachinePrice
from emel.records.forges import Runner

PROJECT, SERVER, RUNNER, ENDS, PRICE, CURRENCY = (
    "emel-project",
    "emel-server",
    "emel-runner",
    "emel-ends",
    "emel-price",
    "emel-currency",
)
"""Labels of a machine: the numbers of project and runner, a digest of the server's name, the second of its
end, its price per hour."""
START_SECONDS = 900.0
"""So long a machine may take from the order to its runner's first word."""
GRACE_SECONDS = 900.0
"""So long after its hard limit, which its own clock counts from its boot, a machine may still be there."""


class Pair(NamedTuple):
    """A machine and its runner; one of them may be missing."""

    name: str
    machine: Machine | None
    runner: Runner | None


def owner_labels(server: str, project: str) -> Mapping[str, str]:
    """Whose a machine is: two servers may both have a project 7, and their machines stand in one cloud."""
    parts = urlsplit(server)
    name = f"{parts.hostname}{parts.path.rstrip('/')}"
    return {PROJECT: project, SERVER: hashlib.sha256(name.encode()).hexdigest()[:12]}


def machine_labels(
    owner: Mapping[str, str], runner: int, ends: datetime, price: MachinePrice | None
) -> Mapping[str, str]:
    """What a machine says of itself, so that nothing has to be remembered elsewhere."""
    labels = {**owner, RUNNER: str(runner), ENDS: str(int(ends.timestamp()))}
    if price is not None:
        labels |= {PRICE: f"{price.per_hour:.6f}", CURRENCY: price.currency.lower()}
    return labels


def note(now: datetime, url: str) -> str:
    """What a runner's page tells its readers; `made_at` reads it."""
    return f"Made by `emel runner launch` at {now.isoformat(timespec='seconds')} for {url}"


def made_at(runner: Runner) -> datetime | None:
    """When a runner was made, by its note. None where it is not told."""
    found = re.search(r" at (\S+) for ", runner.maintenance_note or "")
    try:
        return datetime.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def pairs(machines: Sequence[Machine], runners: Sequence[Runner]) -> tuple[Pair, ...]:
    """Each machine with the runner that it was made for, then the runners without a machine."""
    by_id = {str(runner.id): runner for runner in runners}
    with_machine = [
        Pair(machine.name, machine, by_id.pop(machine.labels.get(RUNNER, ""), None)) for machine in machines
    ]
    return (*with_machine, *(Pair(runner.description or "", None, runner) for runner in by_id.values()))


def over(pair: Pair, now: datetime) -> str | None:
    """Why nothing more is to be expected of a pair. None as long as it works, or may still come up.

    A runner without a machine is one that is just being launched until its note is older than a start takes.
    """
    machine, runner = pair.machine, pair.runner
    if machine is None:
        assert runner is not None
        made = made_at(runner) if runner.status == "never_contacted" else None
        starting = made is not None and _seconds(made, now) < START_SECONDS
        return None if starting else "its machine is gone"
    if runner is None:
        return "its runner is gone"
    if machine.state in ("stopping", "stopped"):
        return f"the machine is {machine.state}"
    if now.timestamp() > float(machine.labels.get(ENDS, "inf")) + GRACE_SECONDS:
        return "the machine is past its lifetime"
    if runner.status == "never_contacted" and age(machine, now) > START_SECONDS:
        return "its runner has never come up"
    if runner.status in ("offline", "stale"):
        return f"its runner is {runner.status}"
    return None


def age(machine: Machine, now: datetime) -> float:
    """Seconds since it was made."""
    return _seconds(datetime.fromisoformat(machine.created_at), now)


def cost(machine: Machine, now: datetime) -> float | None:
    """What it has cost so far, by its own labels. None where they do not tell its price."""
    price = machine.labels.get(PRICE)
    return None if price is None else float(price) * age(machine, now) / 3600


def _seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()
