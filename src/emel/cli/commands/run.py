"""emel run"""

from __future__ import annotations

import click
from rich.console import Group

from emel.cli import options
from emel.cli.ending import orderly_end
from emel.cli.output import progress, show
from emel.cli.render import comparison, pipeline_run
from emel.cli.render.noise import noise
from emel.cli.verdict import fail_if_refused
from emel.compare.noise import FEWEST
from emel.workflows.run import run


@click.command(
    epilog="""\b
Examples:
  emel run                    # run what changed, compare with the merge base with main
  emel run --base v1.0.0      # compare with another revision
  emel run --set model.depth=5 --set seed=1
  emel run --stage train --force
  emel run --repeat 5         # and how far the metrics of five runs lie apart
  emel run --repeat 5 --seed-param model.seed
  emel run --json > run.json
"""
)
@options.base
@click.option(
    "--stage", "stages", multiple=True, metavar="NAME", help="Run this stage and what it needs. Repeatable."
)
@click.option("--force", is_flag=True, help="Run every stage, changed or not.")
@click.option(
    "--set",
    "params",
    multiple=True,
    metavar="PARAM=VALUE",
    help="Write a value into params.yaml first, or by FILE:PARAM=VALUE into another file. Repeatable.",
)
@click.option(
    "--repeat",
    type=click.IntRange(FEWEST, 30),
    metavar="N",
    help=f"Run N times in all ({FEWEST} to 30), and write the metrics' noise into emel.noise.json.",
)
@click.option(
    "--seed-param",
    "seed_params",
    multiple=True,
    metavar="[FILE:]NAME",
    help="What --repeat counts up, instead of every seed in params.yaml. Repeatable.",
)
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    base: str | None,
    stages: tuple[str, ...],
    force: bool,
    params: tuple[str, ...],
    repeat: int | None,
    seed_params: tuple[str, ...],
    as_json: bool,
) -> None:
    """Run the DVC pipeline, compare its results with the base revision, and apply the gate of emel.toml.

    Only stages whose inputs changed are run. What --repeat runs again, it runs in copies: the working tree
    stays as it is, but for emel.noise.json. Commit that, and `noise = "auto"` in the gate knows it.

    The exit code is 7 when the gate says no, 5 when a stage fails. On SIGTERM, as when GitLab cancels a job,
    a stage has 25 seconds to end in order.
    """
    if seed_params and repeat is None:
        raise click.UsageError("--seed-param is what --repeat counts up: say --repeat 5 too")
    project = options.project_of(context)
    with progress() as telling, orderly_end():
        result = run(
            project,
            base=base,
            stages=stages,
            force=force,
            params=params,
            repeat=repeat,
            seed_params=seed_params,
            progress=telling,
        )
    repeated = [noise(result.noise, result.comparison)] if result.noise else []
    parts = (pipeline_run(result.pipeline), *repeated, comparison(result.comparison))
    show(result, Group(*parts), as_json=as_json)
    fail_if_refused(result.comparison)
