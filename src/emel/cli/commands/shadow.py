"""emel shadow"""

from __future__ import annotations

import click

from emel.cli import options
from emel.cli.output import progress, show
from emel.cli.render import shadow as rendered
from emel.cli.verdict import fail_if_missed
from emel.workflows.endpoints import judge_shadow, shadow


@click.command(
    epilog="""\b
Examples:
  emel shadow mr-1                    # mr-1 beside prod, on the sample rows
  emel shadow mr-1 --against staging
  emel shadow mr-1 --requests 500     # on rows of recent requests, if the log holds them
"""
)
@click.argument("candidate")
@click.option("--against", default="prod", show_default=True, help="The tag to compare with.")
@click.option(
    "--requests",
    type=click.IntRange(min=1),
    metavar="N",
    help="Send N rows of the newest requests in the log instead of the sample rows.",
)
@options.api_key
@options.to
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    candidate: str,
    against: str,
    requests: int | None,
    key: str | None,
    to: str,
    as_json: bool,
) -> None:
    """Send the sample rows to two tags of the function and compare the answers.

    CANDIDATE is a tag. Rows that get another label are listed, the largest difference first. The exit
    code is 7 when the share of rows that agree misses a limit of `[gate."function.agreement"]`.
    """
    project = options.project_of(context)
    with progress() as telling:
        result = shadow(
            project,
            candidate=candidate,
            production=against,
            to=to,
            requests=requests,
            key=key,
            progress=telling,
        )
    show(result, rendered(result), as_json=as_json)
    fail_if_missed(judge_shadow(project, result))
