"""emel rollback"""

from __future__ import annotations

import click

from emel.cli import options
from emel.cli.output import show
from emel.cli.render import tag_move
from emel.workflows.deploy import rollback


@click.command(
    epilog="""\b
Examples:
  emel rollback                       # prod answers as it did before its last change
  emel rollback --tag staging
  emel rollback                       # after `emel promote mr-1 --weight 10`: ends the canary
"""
)
@options.tag
@options.to
@options.as_json
@click.pass_context
def command(context: click.Context, tag: str, to: str, as_json: bool) -> None:
    """Point a tag back at the version that it pointed at before. Done twice, it returns.

    A tag that has a canary loses that, and stays where it is.
    """
    result = rollback(options.project_of(context), tag=tag, to=to)
    show(result, tag_move(result), as_json=as_json)
