"""emel workflow"""

from __future__ import annotations

import os
from pathlib import Path

import click

from emel.cli import options
from emel.cli.output import show_line, tell
from emel.workflows.machine import this_machine
from emel.workflows.rerun import rerun


@click.group()
def command() -> None:
    """Run a pipeline of the project again."""


@command.command(
    "rerun",
    epilog="""\b
Examples:
  emel workflow rerun --id 4711       # cancelled first if it still runs
  emel workflow rerun                 # in a job: what has failed so far of its own pipeline
""",
)
@click.option(
    "--id", "pipeline", type=int, metavar="NUMBER", help="The pipeline.  [default: that of this job]"
)
@options.as_json
@click.pass_context
def rerun_command(context: click.Context, pipeline: int | None, as_json: bool) -> None:
    """Run the failed and cancelled jobs of a pipeline again.

    The pipeline of the job that calls this is never cancelled, for that would end the job as well.
    """
    root: Path = context.obj
    result = rerun(pipeline, root=root, system=this_machine(), env=os.environ, tell=tell)
    if result.own:
        tell("This is the pipeline of this job: it is not cancelled, and its failed jobs run again.")
    show_line(result, result.url, as_json=as_json)
