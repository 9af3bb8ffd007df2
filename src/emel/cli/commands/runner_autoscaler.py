"""emel runner autoscaler"""

from __future__ import annotations

from pathlib import Path

import click

from emel.cli import options
from emel.cli.output import print_json, progress, tell
from emel.cli.render.autoscaler import advice
from emel.errors import EmelError
from emel.records import LaunchPlan
from emel.system.files import write_atomic
from emel.workflows.fleet import open_compute
from emel.workflows.project import Progress, Project
from emel.workflows.runner_autoscaler import Wanted, plan_autoscaler
from emel.workflows.runner_launch import plan

MADE_BY_EMEL = ("yandex", "aws")
"""Clouds whose machines emel knows, and with them their price."""


@click.command(
    "autoscaler",
    epilog="""\b
Examples:
  emel runner autoscaler --cloud yandex > config.template.toml
  emel runner autoscaler --cloud aws --group training --max-instances 8 -o config.template.toml
  emel runner autoscaler --cloud gcp --json
""",
)
@click.option(
    "--cloud",
    type=click.Choice(["aws", "gcp", "azure", "yandex"]),
    required=True,
    help="Whose plugin: that of Yandex Cloud is a community's, the others are GitLab's.",
)
@click.option("--group", default="emel", show_default=True, metavar="NAME", help="The group of machines.")
@click.option(
    "--max-instances",
    type=click.IntRange(1, 1000),
    default=4,
    show_default=True,
    help="So many machines at a time at most.",
)
@click.option(
    "--max-jobs", type=click.IntRange(1, 1000), default=10, show_default=True, help="Jobs of one machine."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the template there instead of to stdout.",
)
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    cloud: str,
    group: str,
    max_instances: int,
    max_jobs: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """Write the settings of a gitlab-runner that stands and makes machines by itself.

    It is the better way for teams that train all day; what is printed says from how many jobs on. The
    template is for `gitlab-runner register` and holds no secret. Nothing is created.
    """
    known = {"train__machine__cloud": cloud} if cloud in MADE_BY_EMEL else {}
    project = options.modelless_of(context, **known)
    with progress() as telling:
        launch = _launch(project, telling) if known else None
    made = plan_autoscaler(project, Wanted(cloud, group, max_instances, max_jobs), launch)
    if output is not None:
        write_atomic(context.obj / output, made.config)
    if as_json:
        print_json(made)
        return
    if output is None:
        print(made.config, end="")
    tell(advice(made))


def _launch(project: Project, telling: Progress) -> LaunchPlan | None:
    """What a launch would make there. Without it the settings are written all the same, with less in them."""
    try:
        return plan(open_compute(project, telling), project.config.train.machine)
    except EmelError as problem:
        tell(f"the machine of [train.machine] is not known: {problem}", problem.hint)
        return None
