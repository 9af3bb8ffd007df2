"""Runners on machines of their own."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from emel.cli import words
from emel.cli.render.tables import facts, table
from emel.records import Launched, LaunchPlan, MachineShape, Pruned, RunnerStatus, RunnerStop, Waited


def launch_plan(plan: LaunchPlan) -> RenderableType:
    """What a launch would make."""
    return facts(
        ("machine", _machine(plan.shape)),
        ("zones", ", ".join(plan.shape.zones) or "–"),
        ("jobs", f"{plan.max_jobs} with the executor {plan.executor}"),
        ("ends", f"after {words.span(plan.idle)} without a job, at the latest after {_life(plan)}"),
        *_money(plan),
    )


def launched(made: Launched) -> RenderableType:
    """A runner that waits for jobs."""
    machine = made.machine
    first = "takes jobs" if made.changed else "works already, and takes jobs"
    others = f", or {', '.join(made.tags[1:])}" if made.tags[1:] else ""
    return Group(
        Text(f"{made.name} {first} with the tag {made.name}{others}"),
        facts(
            ("machine", f"{machine.id}{f' in {machine.zone}' if machine.zone else ''}"),
            (
                "ends",
                f"after {words.span(made.plan.idle)} without a job, at the latest {_life(made.plan)} "
                f"after {words.moment(machine.created_at)}",
            ),
            *_money(made.plan),
        ),
    )


def waited(done: Waited) -> RenderableType:
    """How it went with the machines of a launch that stayed."""
    several = f" after {done.machines} machines" if done.machines > 1 else ""
    cost = "" if not done.cost else f"; it cost at most {words.money(done.cost, done.currency)}"
    return Text(f"{done.name} is removed{several}{cost}")


def runners(found: Sequence[RunnerStatus]) -> RenderableType:
    """All of them."""
    if not found:
        return Text("there is no runner of this project here; `emel runner launch` makes one")
    over = any(each.over for each in found)
    heads = ["name", "machine", "age", "cost", "runner", "job", *(["over"] if over else [])]
    made = table(*heads, right=("age", "cost"))
    for each in found:
        made.add_row(
            each.name,
            " ".join(filter(None, (each.state or "gone", each.zone, "spot" if each.spot else ""))),
            "–" if each.age is None else _age(each.age),
            words.money(each.cost, each.currency).strip() if each.cost else "–",
            f"{each.runner_status or 'gone'}{', paused' if each.paused else ''}",
            each.job or "–",
            *([each.over or "–"] if over else []),
        )
    return made


def stopped(done: RunnerStop) -> RenderableType:
    """What was removed, or that there was nothing."""
    if not done.machine and not done.runners:
        return Text(f"there is no runner or machine {done.name}")
    parts = (["the machine"] if done.machine else []) + (["the runner"] if done.runners else [])
    return Text(f"{done.name}: {' and '.join(parts)} removed")


def pruned(done: Pruned) -> RenderableType:
    """What was removed and what stays, by name."""
    removed = ", ".join(f"{each.name} ({each.over})" for each in done.removed) or "nothing"
    kept = ", ".join(each.name for each in done.kept) or "nothing"
    return Text(f"removed: {removed}; kept: {kept}")


def _machine(shape: MachineShape) -> str:
    cards = f", {shape.gpus} × {shape.gpu}" if shape.gpus else ""
    disk = f", {shape.disk} GB disk" if shape.disk else ""
    kind = ", may be taken away at any time" if shape.spot else ""
    size = f"{shape.cpus} processors, {shape.memory} GB" if shape.cpus else ""
    return f"{shape.platform} on {shape.cloud}: {size}{cards}{disk}{kind}"


def _life(plan: LaunchPlan) -> str:
    return words.span(plan.max_lifetime)


def _money(plan: LaunchPlan) -> list[tuple[str, str]]:
    price = plan.price
    if price is None or plan.worst_case is None:
        return [("price", "not known; price_per_hour under [train.machine] tells it")]
    if not price.per_hour:
        return [("price", f"nothing: {price.source}")]
    most = "at most " if price.at_most else ""
    limit = "" if plan.max_cost is None else f"; max_cost is {plan.max_cost:g}"
    return [
        ("price", f"{most}{words.money(price.per_hour, price.currency)} an hour ({price.source})"),
        ("at worst", f"{words.money(plan.worst_case, price.currency)}{limit}"),
    ]


def _age(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min"
