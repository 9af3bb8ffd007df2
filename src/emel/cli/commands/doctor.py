"""emel doctor"""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.text import Text

from emel.cli import options
from emel.cli.output import console, progress, show
from emel.cli.render import findings
from emel.errors import DeployError
from emel.records import Finding
from emel.workflows.doctor import examine


@click.command(
    epilog="""\b
Examples:
  emel doctor --to yandex
  emel doctor --to yandex --json | jq '.[] | select(.ok == false)'
"""
)
@options.to
@options.as_json
@click.pass_context
def command(context: click.Context, to: str, as_json: bool) -> None:
    """Say what a cloud still lacks for a deploy, and the command that adds it. Changes nothing.

    Looks at the clock, the sign-in, the folder, roles, runtimes, the bucket, what the newest bundle at hand
    needs, the log and quotas. Ends with an error when something is missing; what cannot be seen from here is
    no error.
    """
    with progress() as telling:
        found = examine(options.project_of(context), to=to, progress=telling)
    show(found, findings(found), as_json=as_json)
    if not as_json:
        _show_remedies([each for each in found if each.ok is False], "What is missing, and what adds it:")
        _show_remedies(
            [each for each in found if each.ok is None],
            "What cannot be seen from here, or is not needed by all (?), and what adds it:",
        )
    missing = [finding.what for finding in found if finding.ok is False]
    if missing:
        raise DeployError(
            f"a deploy would fail over: {', '.join(missing)}",
            hint="do what stands above, from the first on, and look again",
        )
    if not as_json:
        console().print(f"\nNothing that is to be seen from here keeps a deploy from {to}.")


def _show_remedies(found: Sequence[Finding], title: str) -> None:
    told = [each for each in found if each.remedy]
    if told:
        console().print(f"\n{title}")
    for finding in told:
        # One line, however long, so that a command can be copied.
        console().print(Text(f"{finding.what}:\n  {finding.remedy}"), soft_wrap=True)
