"""emel shadow"""

from __future__ import annotations

import click

from emel.cli import options
from emel.cli.output import progress, show
from emel.cli.render import shadow as rendered
from emel.workflows.endpoints import shadow


@click.command(
    epilog="""\b
Examples:
  emel shadow mr-1                    # mr-1 beside prod, on the sample rows
  emel shadow mr-1 --against staging
"""
)
@click.argument("candidate")
@click.option("--against", default="prod", show_default=True, help="The tag to compare with.")
@options.api_key
@options.to
@options.as_json
@click.pass_context
def command(
    context: click.Context, candidate: str, against: str, key: str | None, to: str, as_json: bool
) -> None:
    """Send the sample rows to two tags of the function and compare the answers.

    CANDIDATE is a tag. Rows that get another label are listed, the largest difference first.
    """
    with progress() as telling:
        result = shadow(
            options.project_of(context),
            candidate=candidate,
            production=against,
            to=to,
            key=key,
            progress=telling,
        )
    show(result, rendered(result), as_json=as_json)
