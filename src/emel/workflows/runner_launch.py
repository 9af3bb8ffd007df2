"""A runner of GitLab on a machine of its own: one of each, both there or both gone.

The order is what keeps it so. The runner is made first, paused; the machine carries its number as a label, so
whoever comes later sees which belong together. The machine exchanges its token at GitLab for another, which
nobody else has ever seen. What is left in the cloud is worth nothing then, and is removed all the same: a
secret that lies about has to be explained to everyone who finds it. Only then the runner may take jobs.
Whatever fails on the way removes both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from emel import runners
from emel.clouds.base import Compute
from emel.config.machines import MachineTable
from emel.cost import machine_price
from emel.errors import EmelError, ForgeError, MachineError
from emel.records import Launched, LaunchPlan, Machine, MachinePrice
from emel.records.forges import CreatedRunner
from emel.runners import BootSettings
from emel.workflows.fleet import STOPS, Fleet, hint_of_rest
from emel.workflows.project import Progress

FIRST_WAIT, LONGEST_WAIT = 0.25, 5.0
"""Seconds between two looks at a machine that starts; each wait is twice as long as the one before."""
SHORTEST_TIMEOUT = 600
"""Seconds; GitLab takes no smaller maximum timeout of a runner."""
ON_VIRTUAL_MACHINES = ("yandex", "aws")


def plan(compute: Compute, table: MachineTable) -> LaunchPlan:
    """What a launch would make and could cost. Makes nothing, and asks no forge.

    Errors: DeployError for what the cloud lacks; MachineError when it could cost more than `max_cost`.
    """
    shape = compute.shape(table.wanted())
    price = machine_price(shape)
    if table.price_per_hour is not None:
        currency = price.currency if price else ""
        price = MachinePrice(per_hour=table.price_per_hour, currency=currency, source="price_per_hour")
    life = min(table.lifetime_seconds, shape.longest_life or table.lifetime_seconds)
    made = LaunchPlan(
        shape=shape,
        executor=table.executor or ("docker" if shape.cloud in ON_VIRTUAL_MACHINES else "shell"),
        max_lifetime=life,
        idle=table.idle_seconds,
        max_jobs=table.max_jobs,
        price=price,
        worst_case=None if price is None else price.per_hour * life / 3600,
        max_cost=table.max_cost,
    )
    _check_cost(made)
    return made


def _check_cost(made: LaunchPlan) -> None:
    if made.max_cost is None:
        return
    if made.worst_case is None or made.price is None:
        raise MachineError(
            f"nobody knows the price of {made.shape.platform} on {made.shape.cloud}, and max_cost is set",
            hint="say what it costs: price_per_hour under [train.machine], or --price-per-hour",
        )
    if made.worst_case > made.max_cost:
        currency = made.price.currency
        raise MachineError(
            f"in {made.max_lifetime / 3600:g} h the machine could cost {made.worst_case:.2f} {currency}, "
            f"more than max_cost = {made.max_cost:g}",
            hint="lower max_lifetime, take a smaller machine or --spot, or raise max_cost",
        )


def launch(
    fleet: Fleet, wanted: LaunchPlan, name: str, tags: Sequence[str], *, progress: Progress
) -> Launched:
    """A runner that takes jobs with the tag `name`, or with others of `tags`, on a machine of its own.

    The one of this name that works already is returned. What is left of it, and whatever else of the project
    is over here, is removed. Errors: MachineError, after the machine's last words; nothing is left then but
    what the error names. ForgeError, DeployError from before anything is made.
    """
    _prune(fleet, progress)
    found = _taken_up(fleet, name, progress)
    if found is not None:
        machine, runner = found
        changed = False
    else:
        machine, runner = start(fleet, wanted, name, tags, progress=progress)
        changed = True
    return Launched(
        name=name, tags=(name, *tags), machine=machine, runner=runner, plan=wanted, changed=changed
    )


def _prune(fleet: Fleet, progress: Progress) -> None:
    """Remove what is over. What cannot be removed is no reason not to launch."""
    for pair in fleet.pairs():
        why = fleet.over(pair)
        if not why:
            continue
        progress.step(f"removing {pair.name}: {why}")
        try:
            fleet.remove(pair)
        except EmelError as problem:
            progress.step(f"{pair.name} could not be removed: {problem.message}")


def _taken_up(fleet: Fleet, name: str, progress: Progress) -> tuple[Machine, int] | None:
    """What another launch of the name has begun, brought to its end. What cannot be is removed: None."""
    found = None
    for pair in fleet.named(name):
        if found is None and pair.machine and pair.runner and not fleet.over(pair):
            try:
                console = Console(fleet.compute, name, "", progress.line)
                _finish(fleet, pair.machine, pair.runner.id, console, progress)
                found = pair.machine, pair.runner.id
                continue
            except MachineError as problem:
                progress.step(f"removing {name}: {problem.message}")
            except BaseException:
                fleet.remove(pair)
                raise
        fleet.remove(pair)
    return found


def start(
    fleet: Fleet, wanted: LaunchPlan, name: str, tags: Sequence[str], *, progress: Progress
) -> tuple[Machine, int]:
    """Make both, where nothing of the name is left.

    Errors: MachineError; then nothing is left again. ForgeError when GitLab makes no runner.
    """
    runner: CreatedRunner | None = None
    console = Console(fleet.compute, name, "", progress.line)
    try:
        progress.step(f"making the runner {name}")
        runner = _create_runner(fleet, wanted, name, tags)
        console.secret = runner.token
        progress.step(f"making a machine: {wanted.shape.platform} on {wanted.shape.cloud}")
        machine = _create_machine(fleet, wanted, name, runner)
        _finish(fleet, machine, runner.id, console, progress)
    except BaseException as problem:
        if runner is None and isinstance(problem, ForgeError):
            # There is none, and so nothing to remove.
            raise
        failed = problem if isinstance(problem, EmelError) else None
        if failed is not None:
            console.try_new()
        _undo(fleet, name, runner, failed, progress)
        if failed is None:
            raise
        raise MachineError(failed.message, where=failed.where, hint=failed.hint) from failed
    return machine, runner.id


def _create_runner(fleet: Fleet, wanted: LaunchPlan, name: str, tags: Sequence[str]) -> CreatedRunner:
    def create() -> CreatedRunner:
        return fleet.forge.runners.create(
            name,
            [name, *tags, *fleet.marks],
            maximum_timeout=max(SHORTEST_TIMEOUT, round(wanted.max_lifetime)),
            note=runners.note(fleet.clock.now(), fleet.url),
            paused=True,
        )

    try:
        return create()
    except ForgeError as problem:
        if not problem.maybe_done:
            raise
    try:
        # There may be one now whose token nobody has.
        _delete_runners(fleet, name)
        return create()
    except ForgeError as again:
        raise MachineError(again.message, where=again.where, hint=again.hint) from again


def _create_machine(fleet: Fleet, wanted: LaunchPlan, name: str, runner: CreatedRunner) -> Machine:
    settings = BootSettings(
        url=fleet.server,
        name=name,
        executor="docker" if wanted.executor == "docker" else "shell",
        gpus=wanted.shape.gpus,
        max_lifetime=wanted.max_lifetime,
        idle=wanted.idle,
        max_jobs=wanted.max_jobs,
        certificates=fleet.certificates,
        notice="aws" if wanted.shape.cloud == "aws" and wanted.shape.spot else None,
    )
    boot = runners.machine_boot(settings, fleet.compute.token_command, fleet.compute.delete_command)
    ends = fleet.clock.now() + timedelta(seconds=wanted.max_lifetime)
    labels = runners.machine_labels(fleet.owner, runner.id, ends, wanted.price)
    machine = fleet.compute.create(name, wanted.shape, boot, runner.token, labels)
    if not _is_of(fleet, machine, runner):
        raise MachineError(
            f"another launch has made the machine {name} meanwhile",
            hint="let one launch of a name run at a time, or tell them apart with --name",
        )
    return machine


def _is_of(fleet: Fleet, machine: Machine, runner: CreatedRunner) -> bool:
    """Whether the machine was made for this runner, and not by another launch that took the name."""
    return {**fleet.owner, runners.RUNNER: str(runner.id)}.items() <= machine.labels.items()


def _finish(fleet: Fleet, machine: Machine, runner: int, console: Console, progress: Progress) -> None:
    """Wait for the runner's first word, remove what the cloud has of its token, let it take jobs."""
    if _await_contact(fleet, machine, runner, console, progress):
        fleet.compute.forget_secret(machine.name)
        fleet.forge.runners.resume(runner)


def _await_contact(fleet: Fleet, machine: Machine, runner: int, console: Console, progress: Progress) -> bool:
    """Whether it has still to be let take jobs. Errors: MachineError when it does not come."""
    ends = datetime.fromisoformat(machine.created_at) + timedelta(seconds=runners.START_SECONDS)
    wait, told = FIRST_WAIT, False
    while True:
        known = fleet.forge.runners.get(runner)
        if known is None:
            raise MachineError("its runner has been deleted in GitLab meanwhile")
        now = fleet.compute.find(machine.name)
        # After the question: the exchange of the token is a word too, and one whose answer was lost the last.
        if now is None or now.id != machine.id or now.state == "stopped":
            raise MachineError(
                "the machine ended before its runner came up",
                hint="its last words above say why, where the cloud has kept them",
            )
        if known.status == "online":
            return known.paused
        if not told:
            progress.step(f"waiting for the runner {machine.name} to come up")
            told = True
        console.try_new()
        if fleet.clock.now() >= ends:
            minutes = runners.START_SECONDS / 60
            raise MachineError(
                f"the machine's runner has not come up within {minutes:g} minutes",
                hint="see its last words above; the machine must reach GitLab and the package servers",
            )
        fleet.clock.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)


class Console:
    """What a machine writes on its console, told line by line as it comes, and without the secret."""

    def __init__(self, compute: Compute, name: str, secret: str, tell: Callable[[str], None]) -> None:
        self._compute = compute
        self._name = name
        self.secret = secret
        self._tell = tell
        self._seen = ""

    def tell_new(self) -> None:
        """Tell the whole lines that have come since."""
        text = self._compute.boot_log(self._name)
        # A cloud keeps the end of a long console alone, and a machine that starts again begins anew.
        new = text.removeprefix(self._seen) if text.startswith(self._seen) else text
        whole = new[: new.rfind("\n") + 1]
        for line in whole.splitlines():
            if line.strip():
                self._tell(line.replace(self.secret, "[MASKED]") if self.secret else line)
        self._seen = text[: len(text) - len(new) + len(whole)]

    def try_new(self) -> None:
        """The same where what it says helps, and nothing hangs on it."""
        with suppress(EmelError):
            self.tell_new()


def _undo(
    fleet: Fleet, name: str, runner: CreatedRunner | None, failed: EmelError | None, progress: Progress
) -> None:
    """Remove what this launch has made. Errors: MachineError that names what is left."""
    try:
        progress.step(f"removing {name}")
        machine = fleet.compute.find(name)
        if runner is not None and (machine is None or _is_of(fleet, machine, runner)):
            # Also where none is found: what belongs to a half-made one goes with it.
            fleet.compute.delete(name)
        if runner is not None:
            fleet.forge.runners.delete(runner.id)
        else:
            _delete_runners(fleet, name)
    except STOPS as problem:
        what = failed.message if failed else "the launch was interrupted"
        raise MachineError(
            f"{what}; and what it had made could not be removed: {problem or 'interrupted'}",
            hint=hint_of_rest(name, problem),
        ) from problem


def _delete_runners(fleet: Fleet, name: str) -> None:
    """Delete the runners of the name that no machine was made for."""
    for pair in fleet.named(name):
        if pair.machine is None:
            fleet.remove(pair)
