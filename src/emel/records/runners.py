"""Runners of GitLab on machines of their own: what a launch would make, and what there is.

Times are seconds; money is in the currency of the price.
"""

from __future__ import annotations

from msgspec import Struct

from emel.records.machines import Machine, MachineShape, MachineState
from emel.records.money import MachinePrice


class LaunchPlan(Struct, frozen=True, kw_only=True):
    """What a launch would make, and what it could cost."""

    shape: MachineShape
    executor: str
    max_lifetime: float
    """After so long it ends itself, whatever runs on it."""
    idle: float
    max_jobs: int
    price: MachinePrice | None
    """Of an hour; None where it is not known."""
    worst_case: float | None
    """What one machine costs that lives as long as it may."""
    max_cost: float | None = None


class Launched(Struct, frozen=True, kw_only=True):
    """A runner that waits for jobs, on its machine."""

    name: str
    tags: tuple[str, ...]
    """Those that a job may name to run there; the first is the name."""
    machine: Machine
    runner: int
    plan: LaunchPlan
    changed: bool
    """Whether it was made by this launch; else it was there already."""


class RunnerStatus(Struct, frozen=True, kw_only=True):
    """A runner and its machine, as far as either is there."""

    name: str
    cloud: str
    runner: int | None = None
    runner_status: str | None = None
    """`online`, `offline`, `stale` or `never_contacted`; None where the runner is gone."""
    paused: bool = False
    job: str | None = None
    """The name of the job that it runs."""
    machine: str | None = None
    """The cloud's identifier; None where the machine is gone."""
    state: MachineState | None = None
    zone: str = ""
    spot: bool = False
    created_at: str | None = None
    age: float | None = None
    cost: float | None = None
    """What the machine has cost so far; None where its price is not known."""
    currency: str = ""
    over: str | None = None
    """Why it is of no use any more; None where it is."""


class RunnerStop(Struct, frozen=True, kw_only=True):
    """What was removed of a name."""

    name: str
    machine: bool
    runners: tuple[int, ...]


class Pruned(Struct, frozen=True, kw_only=True):
    """What was over and is removed, and what stays."""

    removed: tuple[RunnerStatus, ...]
    kept: tuple[RunnerStatus, ...]


class Waited(Struct, frozen=True, kw_only=True):
    """How it went while the launch stayed with its jobs."""

    name: str
    machines: int
    """How many there were, one after the other."""
    cost: float | None
    """Of all of them; None where the price is not known."""
    currency: str
