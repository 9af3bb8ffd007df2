"""emel report"""

from __future__ import annotations

from pathlib import Path

import click

from emel.cli import options
from emel.cli.output import progress, show
from emel.cli.render import written
from emel.workflows.report import report


@click.command(
    epilog="""\b
Examples:
  emel report                         # .emel/report/report.md and report.html
  emel report --output public         # another folder, for GitLab Pages or an artifact
"""
)
@options.rev
@options.base
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write to.  [default: .emel/report]",
)
@options.as_json
@click.pass_context
def command(
    context: click.Context, rev: str | None, base: str | None, output: Path | None, as_json: bool
) -> None:
    """Write the report: metrics, parameters, plots, the gate's verdict and the model card.

    report.md is what a merge request shows, with its plots beside it; report.html is one file with all in it.
    A gate that says no stands in the report, and does not fail this command.
    """
    with progress() as telling:
        _, result = report(
            options.project_of(context), revision=rev, base=base, folder=output, progress=telling
        )
    show(result, written(result), as_json=as_json)
