"""emel shadow"""

from __future__ import annotations

from pathlib import Path

import click
from msgspec import structs

from emel.cli import options
from emel.cli.output import progress, show
from emel.cli.render import shadow as rendered
from emel.cli.verdict import fail_if_missed
from emel.records import Shadow, Verdict
from emel.workflows.shadow import judge_shadow, shadow, write_shadow_junit


class Output(Shadow, frozen=True, kw_only=True):
    """What --json prints."""

    verdict: Verdict
    """What the gate says to it."""


@click.command(
    epilog="""\b
Examples:
  emel shadow mr-1                    # mr-1 beside prod, on the sample rows
  emel shadow mr-1 --against staging
  emel shadow mr-1 --requests 500     # on rows of recent requests alone
  emel shadow mr-1 --json --junit shadow.xml
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
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what the gate says to this file, as GitLab's test report.",
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
    junit: Path | None,
    key: str | None,
    to: str,
    as_json: bool,
) -> None:
    """Send the same rows to two tags of the function and compare the answers.

    CANDIDATE is a tag. The rows are those of the sample and, where `[logging] predictions` is on, up to 500
    of recent requests. Shown are rows with another answer, how the differences are spread, the worst slice of
    each column, and the latency of both tags. `emel report --preview CANDIDATE` shows the same.

    The exit code is 7 when a rule of `[gate]` for `function.agreement` or `shadow.*` is not met.
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
    verdict = judge_shadow(project, result)
    if junit:
        write_shadow_junit(verdict, junit)
    show(Output(**structs.asdict(result), verdict=verdict), rendered(result), as_json=as_json)
    fail_if_missed(verdict)
