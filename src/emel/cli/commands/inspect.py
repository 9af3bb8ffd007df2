"""emel inspect"""

from __future__ import annotations

import os

import click

from emel.cli import options
from emel.cli.output import progress, show
from emel.cli.render import origin
from emel.workflows.inspect import inspect
from emel.workflows.machine import this_machine


@click.command(
    epilog="""\b
Examples:
  emel inspect http://127.0.0.1:8080/churn/prod
  emel inspect churn-v1.2.0.zip --json
"""
)
@click.argument("source", metavar="URL|FILE.zip")
@options.as_json
@click.pass_context
def command(context: click.Context, source: str, as_json: bool) -> None:
    """Tell where a live endpoint or a bundle came from: commit, merge request, data, metrics, tier, parity.

    In the project's repository its commit is looked up too; elsewhere what cannot be known is said.
    """
    with progress() as telling:
        result = inspect(context.obj, this_machine(), source, env=os.environ, progress=telling)
    show(result, origin(result), as_json=as_json)
