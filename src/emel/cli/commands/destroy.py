"""emel destroy"""

from __future__ import annotations

import click

from emel.cli import options
from emel.cli.asking import agree
from emel.cli.output import show
from emel.cli.render import destroyed, doomed
from emel.records import Doomed
from emel.workflows.destroy import destroy


@click.command(
    epilog="""\b
Examples:
  emel destroy --to yandex            # lists what goes, and asks
  emel destroy --to local --yes
"""
)
@options.to
@options.yes
@options.as_json
@click.pass_context
def command(context: click.Context, to: str, yes: bool, as_json: bool) -> None:
    """Delete the project's function on a cloud, with its versions, tags and uploads.

    Nothing that emel did not make is touched, and nothing on this machine or in Git.
    """

    def agreed(what: Doomed) -> bool:
        return yes or agree(doomed(what), "Delete all of it?")

    result = destroy(options.project_of(context), to=to, agreed=agreed)
    show(result, destroyed(result), as_json=as_json)
