"""emel compare"""

from __future__ import annotations

import click

from emel.cli import options
from emel.cli.output import show
from emel.cli.render import comparison
from emel.cli.verdict import fail_if_refused
from emel.workflows.compare import compare


@click.command(
    epilog="""\b
Examples:
  emel compare                        # the working tree with its merge base with main
  emel compare --rev v2 --base v1     # any two revisions; nothing is checked out
"""
)
@options.rev
@options.base
@options.as_json
@click.pass_context
def command(context: click.Context, rev: str | None, base: str | None, as_json: bool) -> None:
    """Compare the results of two revisions, without running anything.

    The exit code is 7 when the gate says no.
    """
    result = compare(options.project_of(context), revision=rev, base=base)
    show(result, comparison(result), as_json=as_json)
    fail_if_refused(result)
