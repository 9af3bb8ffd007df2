"""emel compare"""

from __future__ import annotations

from pathlib import Path

import click

from emel.cli import options
from emel.cli.output import show, tell
from emel.cli.render import comparison
from emel.cli.render.experiments import side_by_side
from emel.cli.verdict import fail_if_refused
from emel.workflows import compare as workflow


@click.command(
    epilog="""\b
Examples:
  emel compare                        # the working tree with its merge base with main
  emel compare v1                     # the working tree with v1
  emel compare v1 topic !12           # a branch and a merge request, each with v1
  emel compare v1 v2 --html compare.html
"""
)
@click.argument("revisions", nargs=-1, metavar="[A [B ...]]")
@options.rev
@options.base
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a page too, with the plots of all revisions overlaid.",
)
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    revisions: tuple[str, ...],
    rev: str | None,
    base: str | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Compare the results of revisions, without running anything or checking anything out.

    A is what the others are compared with: branches, tags, commits, or !12 for a merge request, which is
    fetched from origin. Without B it is the working tree, without A the working tree and its base. With
    several B, --json is a list. The exit code is 7 when the gate says no to one.
    """
    if revisions and (rev or base):
        raise click.UsageError("name the revisions either by A B or by --rev and --base")
    project = options.project_of(context)
    results = (
        workflow.compare_several(project, revisions)
        if revisions
        else (workflow.compare(project, revision=rev, base=base),)
    )
    if page is not None:
        workflow.write_page(project, results, page)
        tell(f"The page is {page}.")
    if len(results) == 1:
        show(results[0], comparison(results[0]), as_json=as_json)
    else:
        show(results, side_by_side(results), as_json=as_json)
    for result in results:
        fail_if_refused(result)
