"""What there is of a project's runners on machines of their own: list, read, stop, prune."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from emel import runners
from emel.clouds.base import Compute
from emel.errors import MachineError
from emel.records import Pruned, RunnerStatus, RunnerStop
from emel.runners import Pair
from emel.system.clock import Clock
from emel.workflows.fleet import Fleet
from emel.workflows.project import Progress
from emel.workflows.runner_launch import Console

LOOK_SECONDS = 5.0


def list_runners(fleet: Fleet) -> tuple[RunnerStatus, ...]:
    """All runners and machines of the project here, oldest first. Changes nothing."""
    return tuple(_status(fleet, pair) for pair in fleet.pairs())


def stop(fleet: Fleet, name: str, *, now: bool = False, progress: Progress) -> RunnerStop:
    """Remove a machine and its runner, when its job has ended, or at once. What is absent is no error."""
    found = list(fleet.named(name))
    for pair in found:
        if pair.runner is not None:
            fleet.forge.runners.pause(pair.runner.id)
    for pair in found:
        if not now:
            _await_jobs(fleet, pair, progress)
        progress.step(f"removing {name}")
        fleet.remove(pair)
    return RunnerStop(
        name=name,
        machine=any(pair.machine for pair in found),
        runners=tuple(pair.runner.id for pair in found if pair.runner),
    )


def prune(fleet: Fleet, agreed: Callable[[tuple[RunnerStatus, ...]], bool], progress: Progress) -> Pruned:
    """Remove whatever of the project is over here. `agreed` is asked once, if there is anything.

    Errors: MachineError when it says no; nothing is removed then.
    """
    known = [(pair, _status(fleet, pair)) for pair in fleet.pairs()]
    removed = tuple(status for _, status in known if status.over)
    if removed and not agreed(removed):
        raise MachineError("nothing was removed", hint="with --yes nobody is asked")
    for pair, status in known:
        if status.over:
            progress.step(f"removing {pair.name}: {status.over}")
            fleet.remove(pair)
    return Pruned(removed=removed, kept=tuple(status for _, status in known if not status.over))


def tell_log(compute: Compute, name: str, clock: Clock, *, follow: bool, tell: Callable[[str], None]) -> None:
    """Tell what a machine has written on its console; with `follow` on, until it has ended.

    Errors: MachineError where there is no such machine.
    """
    if compute.find(name) is None:
        raise MachineError(f"there is no machine {name}", hint="emel runner list shows those that there are")
    console = Console(compute, name, "", tell)
    while True:
        machine = compute.find(name)
        console.tell_new()
        if not follow or machine is None or machine.state == "stopped":
            return
        clock.sleep(LOOK_SECONDS)


def _await_jobs(fleet: Fleet, pair: Pair, progress: Progress) -> None:
    """Wait until the runner has ended its job, if its machine is still there to do so."""
    runner = pair.runner
    if runner is None or pair.machine is None:
        return
    told = False
    while jobs := list(fleet.forge.runners.jobs(runner.id)):
        machine = fleet.compute.find(pair.name)
        if machine is None or machine.state == "stopped":
            return
        if not told:
            progress.step(f"waiting for the job {jobs[0].name} on {pair.name}; --now does not")
            told = True
        fleet.clock.sleep(LOOK_SECONDS)


def _status(fleet: Fleet, pair: Pair) -> RunnerStatus:
    machine, runner = pair.machine, pair.runner
    now = fleet.clock.now()
    jobs = list(fleet.forge.runners.jobs(runner.id)) if runner and runner.status == "online" else []
    status = RunnerStatus(
        name=pair.name,
        cloud=fleet.cloud,
        runner=runner.id if runner else None,
        runner_status=runner.status if runner else None,
        paused=runner.paused if runner else False,
        job=jobs[0].name if jobs else None,
        over=fleet.over(pair),
    )
    if machine is None:
        return status
    return msgspec.structs.replace(
        status,
        machine=machine.id,
        state=machine.state,
        zone=machine.zone,
        spot=machine.spot,
        created_at=machine.created_at,
        age=runners.age(machine, now),
        cost=runners.cost(machine, now),
        currency=machine.labels.get(runners.CURRENCY, "").upper(),
    )
