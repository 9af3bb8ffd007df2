"""emel sweep"""

from __future__ import annotations

import os

import click

from emel.cli import options
from emel.cli.output import progress, show
from emel.cli.render.sweep import sweep as rendered
from emel.errors import PipelineError
from emel.system.process import SystemProcess
from emel.workflows import sweep as workflow


@click.command(
    epilog="""\b
Examples:
  emel sweep --set model.depth=2,4,8 --set model.rate=0.1,0.3   # all six combinations
  emel sweep --set depth=2,4,8,16 --set rate=0.01,0.1,0.3 --random 5 --seed 1
  emel sweep --set depth=2,4,8 --metric test.accuracy --jobs 2
  emel sweep --set 'layers=[8],[8,8]'    # a comma in brackets belongs to its value
  emel sweep --set depth=2,4,8 --json > sweep.json
"""
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    required=True,
    metavar="PARAM=VALUE,VALUE…",
    help="The values that a parameter takes; FILE:PARAM=… for one outside of params.yaml. Repeatable.",
)
@click.option(
    "--random", "count", type=click.IntRange(min=1), metavar="N", help="Draw N combinations instead of all."
)
@click.option("--seed", type=int, default=0, show_default=True, help="What --random draws with.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many run at a time, instead of one for each core.",
)
@click.option("--metric", metavar="NAME", help="What to order by, instead of the gate's first metric.")
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    settings: tuple[str, ...],
    count: int | None,
    seed: int,
    jobs: int | None,
    metric: str | None,
    as_json: bool,
) -> None:
    """Run the pipeline of HEAD for many combinations of parameters, and show which is best.

    Each runs in a copy of the repository that is removed afterwards; nothing of yours is changed. Results are
    kept in .emel/sweeps: a sweep that was interrupted goes on where it stopped. The exit code is 5 when a
    combination failed; the others run all the same.
    """
    project = options.project_of(context)
    with progress() as telling:
        result = workflow.sweep(
            project,
            settings,
            process=SystemProcess(),
            count=count,
            seed=seed,
            jobs=jobs or os.cpu_count() or 1,
            metric=metric,
            progress=telling,
        )
    show(result, rendered(result), as_json=as_json)
    failed = sum(cell.error is not None for cell in result.cells)
    if failed:
        raise PipelineError(
            f"{failed} of {len(result.cells)} cells failed",
            hint="mend what the stage says, or leave the values out; cells that succeeded are not run again",
        )
