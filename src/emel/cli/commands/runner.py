"""emel runner"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import click

from emel.cli import options
from emel.cli.asking import agree
from emel.cli.commands.runner_autoscaler import command as autoscaler_command
from emel.cli.ending import orderly_end
from emel.cli.moments import Span
from emel.cli.output import progress, show
from emel.cli.render import runners as render
from emel.config.machines import MACHINE_TYPE
from emel.errors import MachineError
from emel.records import LaunchPlan, RunnerStatus
from emel.runners import check_tags, machine_name
from emel.workflows import runners as workflow
from emel.workflows.fleet import open_compute, open_fleet
from emel.workflows.project import Project
from emel.workflows.runner_launch import launch, plan
from emel.workflows.runner_wait import stay

REPLACEMENTS = 3

cloud = click.option(
    "--cloud",
    type=click.Choice(["local", "yandex", "aws", "kubernetes"]),
    help="Where: local (a process on this machine), yandex, aws, kubernetes. [train.machine] cloud",
)


def _type(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(MACHINE_TYPE, value):
        raise click.BadParameter(f"{value!r} is no machine: write 4cpu16gb, or the cloud's own name")
    return value


def machine_options(function: Callable[..., None]) -> Callable[..., None]:
    """The keys of [train.machine] as options, each beating the one in emel.toml."""
    made = (
        click.option(
            "--type", metavar="TYPE", callback=_type, help="4cpu16gb, or the cloud's name: m7i.xlarge."
        ),
        click.option("--gpu", metavar="MODEL", help="A model of graphics card, as t4."),
        click.option("--gpus", type=int, metavar="N", help="How many of them."),
        click.option("--spot/--no-spot", default=None, help="The cloud may take it away, for a lower price."),
        click.option("--disk", type=int, metavar="GB", help="The size of the disk."),
        click.option("--zone", "zones", multiple=True, metavar="ZONE", help="A zone to try; repeatable."),
        click.option("--max-lifetime", type=Span(), help="After this it ends, whatever runs on it: 6h."),
        click.option("--idle", type=Span(), help="After this without a job it ends: 5m."),
        click.option("--max-jobs", type=int, metavar="N", help="It ends after so many jobs."),
        click.option("--max-cost", type=float, metavar="MONEY", help="Refuse what could cost more."),
        click.option("--price-per-hour", type=float, metavar="MONEY", help="The price, where you know it."),
        click.option("--executor", type=click.Choice(["docker", "shell"]), help="How jobs run on it."),
    )
    for decorate in reversed(made):
        function = decorate(function)
    return function


@click.group()
def command() -> None:
    """Machines that train this project's jobs in GitLab, and are gone afterwards.

    The token in EMEL_GITLAB_TOKEN needs the scopes create_runner and manage_runner, or api. Neither a model
    nor an emel.toml is needed: with --cloud it works in any clone of the project, and in its jobs.
    """


@command.command(
    "launch",
    epilog="""\b
Examples:
  emel runner launch --cloud yandex --type 4cpu16gb --gpu t4 --spot --dry-run
  emel runner launch --cloud yandex --max-lifetime 6h --max-cost 200 --yes
  emel runner launch --cloud aws --spot --wait --yes      # stays, and replaces a machine that is lost
  emel runner launch --cloud local
""",
)
@cloud
@machine_options
@click.option("--name", "suffix", metavar="NAME", help="Put behind the name, to have several.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A further tag of the runner; repeatable.")
@click.option("--wait", "waiting", is_flag=True, help="Stay until its jobs are done, then remove it.")
@click.option(
    "--replace",
    "replacements",
    type=click.IntRange(0),
    default=REPLACEMENTS,
    show_default=True,
    metavar="N",
    help="With --wait: so many new machines at most for those that are lost while a job waits.",
)
@click.option("--dry-run", is_flag=True, help="Print what would be made and could cost, and end.")
@options.yes
@options.as_json
@click.pass_context
def launch_command(
    context: click.Context,
    /,
    cloud: str | None,
    suffix: str | None,
    tags: tuple[str, ...],
    waiting: bool,
    replacements: int,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    **machine: Any,
) -> None:
    """Make a machine with a runner that takes this project's jobs; both are gone afterwards.

    In a CI job it is named after the pipeline, `emel-$CI_PROJECT_ID-$CI_PIPELINE_IID`, and so is the tag by
    which jobs find it. The one that works already is left as it is.
    """
    check_tags(tags)
    project = _project(context, cloud, **machine)
    with progress() as telling, orderly_end():
        wanted = plan(open_compute(project, telling), project.config.train.machine)
        if dry_run:
            with telling.paused():
                show(wanted, render.launch_plan(wanted), as_json=as_json)
            return
        if not yes and not _is_free(wanted):
            with telling.paused():
                if not agree(render.launch_plan(wanted), "Make it?"):
                    raise MachineError("nothing was made", hint="with --yes nobody is asked")
        fleet = open_fleet(project, os.environ, telling)
        project.claim_state()
        name = machine_name(fleet.project, suffix, os.environ)
        made = launch(fleet, wanted, name, tags, progress=telling)
        if waiting:
            done = stay(fleet, made, replacements=replacements, progress=telling)
    if waiting:
        show(done, render.waited(done), as_json=as_json)
    else:
        show(made, render.launched(made), as_json=as_json)


@command.command(
    "list",
    epilog="""\b
Examples:
  emel runner list
  emel runner list --cloud yandex --json
""",
)
@cloud
@options.as_json
@click.pass_context
def list_command(context: click.Context, cloud: str | None, as_json: bool) -> None:
    """List this project's runners and machines on a cloud, and what they have cost so far."""
    with progress() as telling:
        found = workflow.list_runners(open_fleet(_project(context, cloud), os.environ, telling))
    show(found, render.runners(found), as_json=as_json)


@command.command(
    "logs",
    epilog="""\b
Examples:
  emel runner logs emel-7-42
  emel runner logs emel-7-42 --follow
""",
)
@click.argument("name")
@cloud
@click.option("--follow", "-f", is_flag=True, help="Go on until the machine has ended.")
@click.pass_context
def logs_command(context: click.Context, name: str, cloud: str | None, follow: bool) -> None:
    """Show what a machine has written on its console, from its boot on."""
    project = _project(context, cloud)
    with progress() as telling:
        compute = open_compute(project, telling)
    workflow.tell_log(compute, name, project.system.clock, follow=follow, tell=_print_line)


@command.command(
    "stop",
    epilog="""\b
Examples:
  emel runner stop emel-7-42           # when its job has ended
  emel runner stop emel-7-42 --now
  emel runner stop                     # in a CI job: that of the pipeline
""",
)
@click.argument("name", required=False)
@cloud
@click.option("--now", is_flag=True, help="Do not wait for the job that it runs.")
@options.as_json
@click.pass_context
def stop_command(
    context: click.Context, name: str | None, cloud: str | None, now: bool, as_json: bool
) -> None:
    """Remove a machine and its runner. What is not there is no error."""
    if name is None and not os.environ.get("CI_PIPELINE_IID"):
        raise click.UsageError("Missing argument 'NAME': outside of CI nothing says which.")
    with progress() as telling:
        fleet = open_fleet(_project(context, cloud), os.environ, telling)
        done = workflow.stop(
            fleet, name or machine_name(fleet.project, None, os.environ), now=now, progress=telling
        )
    show(done, render.stopped(done), as_json=as_json)


@command.command(
    "prune",
    epilog="""\b
Examples:
  emel runner prune                    # lists what goes, and asks
  emel runner prune --cloud yandex --yes
""",
)
@cloud
@options.yes
@options.as_json
@click.pass_context
def prune_command(context: click.Context, cloud: str | None, yes: bool, as_json: bool) -> None:
    """Remove whatever of this project is over on a cloud: machines without a runner, and runners without one.

    Nothing of other projects is touched, and nothing that emel did not make.
    """
    with progress() as telling:
        fleet = open_fleet(_project(context, cloud), os.environ, telling)

        def agreed(what: tuple[RunnerStatus, ...]) -> bool:
            with telling.paused():
                return yes or agree(render.runners(what), "Remove these?")

        done = workflow.prune(fleet, agreed, telling)
    show(done, render.pruned(done), as_json=as_json)


command.add_command(autoscaler_command)


def _project(context: click.Context, cloud: str | None, **machine: Any) -> Project:
    for span in ("max_lifetime", "idle"):
        if machine.get(span) is not None:
            machine[span] = f"{machine[span]:.0f}s"
    given = {f"train__machine__{key}": value for key, value in machine.items() if value not in (None, ())}
    return options.modelless_of(context, train__machine__cloud=cloud, **given)


def _is_free(wanted: LaunchPlan) -> bool:
    return wanted.price is not None and not wanted.price.per_hour


def _print_line(line: str) -> None:
    print(line, flush=True)
