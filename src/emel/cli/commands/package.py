"""emel package"""

from __future__ import annotations

import click

from emel.cli import options
from emel.cli.output import progress, show
from emel.cli.render import bundle
from emel.workflows.package import package


@click.command(
    epilog="""\b
Examples:
  emel package                        # the model of the working tree
  emel package --rev main             # the model of another revision, from the DVC cache
"""
)
@options.rev
@options.as_json
@click.pass_context
def command(context: click.Context, rev: str | None, as_json: bool) -> None:
    """Turn the fitted model into a function's zip, prove that it answers as the original, measure its start.

    The sample rows, and rows made from the model itself, go through the original and through the finished
    zip. A bundle that differs is not kept. The zip stands in .emel/bundles/.
    """
    with progress() as telling:
        result = package(options.project_of(context), revision=rev, progress=telling)
    show(result, bundle(result), as_json=as_json)
