"""emel console"""

from __future__ import annotations

import click

from emel.cli import options
from emel.cli.output import console, print_json
from emel.workflows.serve import console_url


@click.command(
    epilog="""\b
Examples:
  emel console                        # open what it prints in a browser
  emel console --json
"""
)
@options.as_json
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Print the address of the running platform's console: functions, versions, load, logs, promote.

    The address holds the token of this run of the platform. Whoever has it can read logs and move tags.
    """
    url = console_url(options.project_of(context))
    if as_json:
        print_json({"url": url})
    else:
        console().print(url, soft_wrap=True)
