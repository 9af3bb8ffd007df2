"""Staying with a launched machine until its jobs are done, with a new one where it is lost before."""

from __future__ import annotations

import msgspec

from emel import runners
from emel.errors import EmelError, MachineError
from emel.records import Launched, LaunchPlan, Machine, Waited
from emel.records.forges import Job
from emel.workflows.fleet import Fleet
from emel.workflows.project import Progress
from emel.workflows.runner_launch import start

FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0
"""Seconds between two looks; each wait is twice as long as the one before, until something changes."""
SHORTEST_LIFE = 600.0
"""Seconds. A machine for which the money lasts shorter is not made."""


def stay(fleet: Fleet, launched: Launched, *, replacements: int, progress: Progress) -> Waited:
    """Return when no job that the runner could take is left, or its machine has ended without one waiting.

    Where a job waits and the machine is gone, as a spot machine may be at any time, a new one is made: so
    many of them at most, and all together for no more than `max_cost`. However this ends, machine and runner
    are removed. Errors: MachineError when no further one may be made.
    """
    watch = _Watch(fleet, launched, progress)
    try:
        watch.until_done(replacements)
    finally:
        progress.step(f"removing {launched.name}")
        fleet.remove_named(launched.name)
    return watch.result()


class _Watch:
    def __init__(self, fleet: Fleet, launched: Launched, progress: Progress) -> None:
        self._fleet = fleet
        self._launched = launched
        self._progress = progress
        self._machine: Machine = launched.machine
        self._machines = 1
        self._told = ""
        self._before = 0.0
        """Seconds that earlier machines have run, at most."""

    def until_done(self, replacements: int) -> None:
        met, idle_looks, wait = False, 0, FIRST_WAIT
        while True:
            try:
                jobs, alive = self._jobs(), self._is_alive()
            except EmelError as problem:
                self._bear(problem, first=not self._told)
                continue
            met = met or bool(jobs)
            # A job that is retried between two questions is seen by the next look alone.
            idle_looks = 0 if jobs else idle_looks + 1
            if idle_looks > 1 and (met or not alive):
                return
            if not alive and any(job.status == "pending" for job in jobs):
                self._replace(replacements)
                replacements -= 1
            wait = FIRST_WAIT if self._is_new(jobs, alive) else min(2 * wait, LONGEST_WAIT)
            self._fleet.clock.sleep(wait)

    def _bear(self, problem: EmelError, *, first: bool) -> None:
        """Wait, where a look fails: a job that trains must not be lost for an hour of trouble elsewhere.

        Errors: `problem`, when it was the first look, or the machine must have ended by itself meanwhile.
        """
        life = self._launched.plan.max_lifetime + runners.START_SECONDS
        if first or runners.age(self._machine, self._fleet.clock.now()) > life:
            raise problem
        self._tell(f"it cannot be seen how the job stands, trying again: {problem.message}")
        self._fleet.clock.sleep(LONGEST_WAIT)

    def result(self) -> Waited:
        price = self._launched.plan.price
        return Waited(
            name=self._launched.name,
            machines=self._machines,
            cost=None if price is None else price.per_hour * self._seconds() / 3600,
            currency=price.currency if price else "",
        )

    def _jobs(self) -> list[Job]:
        """Unfinished jobs that the runner may take."""
        tags = {*self._launched.tags, *self._fleet.marks}
        jobs = self._fleet.forge.pipelines.unfinished_jobs()
        return [job for job in jobs if job.tag_list and set(job.tag_list) <= tags]

    def _is_alive(self) -> bool:
        found = self._fleet.compute.find(self._launched.name)
        return found is not None and found.id == self._machine.id and found.state != "stopped"

    def _replace(self, replacements: int) -> None:
        name = self._launched.name
        if replacements < 1:
            raise MachineError(
                f"the machine {name} is gone while a job waits, and so are all of its replacements",
                hint="allow more with --replace, or do without --spot",
            )
        self._before = self._seconds()
        plan = self._affordable()
        self._progress.step(f"the machine {name} was lost while a job waits: making another")
        self._fleet.remove_named(name)
        tags = self._launched.tags[1:]
        self._machine, _ = start(self._fleet, plan, name, tags, progress=self._progress)
        self._machines += 1

    def _affordable(self) -> LaunchPlan:
        """The plan, with no more time to live than there is money left."""
        plan = self._launched.plan
        if plan.max_cost is None or plan.price is None or not plan.price.per_hour:
            return plan
        left = 3600 * plan.max_cost / plan.price.per_hour - self._before
        if left < SHORTEST_LIFE:
            raise MachineError(
                f"the machine {self._launched.name} was lost while a job waits, and too little of "
                f"max_cost = {plan.max_cost:g} {plan.price.currency} is left for another",
                hint="raise max_cost, or let the job save checkpoints more often",
            )
        return msgspec.structs.replace(plan, max_lifetime=min(plan.max_lifetime, left))

    def _seconds(self) -> float:
        """How long all machines have run, at most: a lost one is counted until its loss was seen."""
        return self._before + runners.age(self._machine, self._fleet.clock.now())

    def _is_new(self, jobs: list[Job], alive: bool) -> bool:
        """Tell how it stands. Whether that has changed."""
        if not jobs:
            text = f"waiting for a job with the tag {self._launched.name}"
        elif alive:
            text = f"the job {jobs[0].name} is {jobs[0].status}"
        else:
            # GitLab ends it after some time without a word of its runner.
            text = f"the machine is gone, and the job {jobs[0].name} is {jobs[0].status} in GitLab"
        return self._tell(text)

    def _tell(self, text: str) -> bool:
        """Tell it, if it is not what was told last. Whether it was told."""
        if text == self._told:
            return False
        self._progress.step(text)
        self._told = text
        return True
