"""emel history"""

from __future__ import annotations

from pathlib import Path

import click

from emel.cli import options
from emel.cli.output import show, tell
from emel.cli.render.history import history as rendered
from emel.workflows import history as workflow


@click.command(
    epilog="""\b
Examples:
  emel history                        # the metrics of the newest commits that changed them
  emel history v1.0.0 --metric accuracy --metric log_loss
  emel history --output history.html  # with a plot; history.png is the plot alone
"""
)
@click.argument("revision", required=False)
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="Show this metric. Repeatable.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many commits at most, the newest.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page with a plot too (.html), or the plot alone (.png).",
)
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    revision: str | None,
    metrics: tuple[str, ...],
    limit: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """Show the metrics of the commits below REVISION (HEAD), the newest first. Nothing is run or checked out.

    Only commits that changed a file of metrics are listed, and only files that Git keeps (`cache: false` in
    dvc.yaml) are read.
    """
    if output is not None and output.suffix.lower() not in (".html", ".png"):
        raise click.UsageError("--output takes a file that ends with .html or .png")
    project = options.project_of(context)
    result = workflow.history(project, revision=revision, metrics=metrics, limit=limit)
    if output is not None:
        workflow.write_page(project, result, output)
        tell(f"The {'plot' if output.suffix.lower() == '.png' else 'page'} is {output}.")
    show(result, rendered(result), as_json=as_json)
