"""emel sweep"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Group
from rich.text import Text

from emel.cli import options
from emel.cli.output import progress, show, tell
from emel.cli.render.sweep import sweep as rendered
from emel.errors import PipelineError
from emel.system.process import SystemProcess
from emel.workflows import sweep as workflow
from emel.workflows.sweep_ci import Gathered, Wanted, collect, wanted_of, write_child_pipeline

OPTIONS = (
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="PARAM=VALUE,VALUE…",
        help="The values of a parameter, FILE:PARAM=… outside of params.yaml; else what [sweep] says.",
    ),
    click.option(
        "--random",
        "count",
        type=click.IntRange(min=1),
        metavar="N",
        help="Draw N combinations instead of all.",
    ),
    click.option("--seed", type=int, help="What --random draws with.  [default: 0]"),
    click.option("--metric", metavar="NAME", help="What to order by, instead of the gate's first metric."),
)


report_job = click.option(
    "--report-job",
    default="report",
    show_default=True,
    metavar="NAME",
    help="The job of the pipeline into whose comment the leaderboard goes.",
)


def what_to_sweep(function: Callable[..., None]) -> Callable[..., None]:
    """The options that say what is swept over, each as in [sweep] of emel.toml."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  emel sweep --set model.depth=2,4,8 --set model.rate=0.1,0.3   # all six combinations
  emel sweep --set depth=2,4,8,16 --set rate=0.01,0.1,0.3 --random 5 --seed 1
  emel sweep --set depth=2,4,8 --metric test.accuracy --jobs 2
  emel sweep --set 'layers=[8],[8,8]'    # a comma in brackets belongs to its value
  emel sweep --json > sweep.json         # what [sweep] in emel.toml says
""",
)
@what_to_sweep
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many run at a time, instead of one for each core.",
)
@options.as_json
@click.pass_context
def command(context: click.Context, /, jobs: int | None, as_json: bool, **given: Any) -> None:
    """Run the pipeline of HEAD for many combinations of parameters, and show which is best.

    Each runs in a copy of the repository that is removed afterwards; nothing of yours is changed. Results are
    kept in .emel/sweeps: a sweep that was interrupted goes on where it stopped. The exit code is 5 when a
    combination failed; the others run all the same.
    """
    if context.invoked_subcommand:
        return
    project = options.project_of(context)
    wanted = _wanted(context, given)
    with progress() as telling:
        result = workflow.sweep(
            project,
            wanted.settings,
            process=SystemProcess(),
            count=wanted.drawn,
            seed=wanted.seed,
            jobs=jobs or os.cpu_count() or 1,
            metric=wanted.metric,
            progress=telling,
        )
    show(result, rendered(result), as_json=as_json)
    failed = sum(cell.error is not None for cell in result.cells)
    if failed:
        raise PipelineError(
            f"{failed} of {len(result.cells)} cells failed",
            hint="mend what the stage says, or leave the values out; cells that succeeded are not run again",
        )


@command.command(
    "pipeline",
    epilog="""\b
Examples:
  emel sweep pipeline --output .emel/sweep.yml     # what [sweep] in emel.toml says
  emel sweep pipeline --set depth=2,4,8 --output sweep.yml
""",
)
@what_to_sweep
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path(".emel/sweep.yml"),
    show_default=True,
    help="The file to write.",
)
@report_job
@options.as_json
@click.pass_context
def pipeline_command(
    context: click.Context, /, output: Path, report_job: str, as_json: bool, **given: Any
) -> None:
    """Write a child pipeline for GitLab with a job for each combination, 200 at most. Runs nothing."""
    project = options.project_of(context)
    wanted = _wanted(context, given)
    result = write_child_pipeline(project, wanted, context.obj / output, report_job=report_job)
    count = "1 cell" if result.cells == 1 else f"{result.cells} cells"
    show(result, Text(f"wrote  {output}: {count}"), as_json=as_json)


@command.command(
    "collect",
    epilog="""\b
Examples:
  emel sweep collect                  # in the last job of the sweep's pipeline
  emel sweep collect --set depth=2,4,8 --publish
""",
)
@what_to_sweep
@click.option(
    "--publish", "publishing", is_flag=True, help="Write it into the report's comment, where it is reviewed."
)
@report_job
@options.as_json
@click.pass_context
def collect_command(
    context: click.Context, /, publishing: bool, report_job: str, as_json: bool, **given: Any
) -> None:
    """Put in order what the combinations have given so far, into .emel/leaderboard. Runs nothing."""
    project = options.project_of(context)
    wanted = _wanted(context, given)
    with progress() as telling:
        result = collect(
            project,
            wanted,
            report_job=report_job if publishing else None,
            env=os.environ,
            progress=telling,
        )
    show(result, _gathered(result), as_json=as_json)
    if result.comment and result.comment.url is None:
        tell(f"There is no comment: {result.comment.reason}", result.comment.hint)


def _wanted(context: click.Context, given: dict[str, Any]) -> Wanted:
    return wanted_of(options.project_of(context), **given)


def _gathered(result: Gathered) -> Group:
    comment = result.comment.url if result.comment else None
    places = [str(result.markdown), str(result.html), *([comment] if comment else [])]
    return Group(rendered(result.sweep), *[Text(place, overflow="ignore", no_wrap=True) for place in places])
