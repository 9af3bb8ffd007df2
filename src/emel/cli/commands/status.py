"""emel status"""

from __future__ import annotations

import click

from emel.cli import options
from emel.cli.output import show
from emel.cli.render import statuses
from emel.workflows.status import status


@click.command(
    epilog="""\b
Examples:
  emel status
  emel status --to yandex
  emel status --json
"""
)
@options.to
@options.as_json
@click.pass_context
def command(context: click.Context, to: str, as_json: bool) -> None:
    """Show what is deployed: versions, tags, calls, errors, cold starts, latency, what was billed."""
    result = status(options.project_of(context), to=to)
    show(result, statuses(result, to), as_json=as_json)
