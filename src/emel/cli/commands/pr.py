"""emel pr"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from emel.cli import options
from emel.cli.output import show_line, tell
from emel.workflows.machine import this_machine
from emel.workflows.pr import Merging, PullRequest, Wording, create_merge_request


@click.group()
def command() -> None:
    """Put files that a job changed into a merge request."""


@command.command(
    "create",
    epilog="""\b
Examples:
  emel pr create dvc.lock metrics.json
  emel pr create . --branch results --title "New results" --squash
  emel pr create "**/*.csv" --target-branch main --skip-ci
""",
)
@click.argument("patterns", nargs=-1, required=True, metavar="GLOB...")
@click.option("--branch", help="The branch to push to.  [default: TARGET-emel-pr-COMMIT]")
@click.option(
    "--target-branch", help="The branch to merge into.  [default: the branch of the job or the clone]"
)
@click.option("--title", help="The title of a new merge request.")
@click.option("--body", help="The description of a new merge request.")
@click.option("--message", help="The message of the commit.  [default: the title]")
@click.option("--skip-ci", is_flag=True, help="Let no pipeline run for the commit.")
@click.option("--merge", is_flag=True, help="Merge it once its pipeline has passed.")
@click.option("--squash", is_flag=True, help="The same, as one commit.")
@click.option("--rebase", is_flag=True, help="The same, after a rebase onto the target branch.")
@click.option("--remote", default="origin", show_default=True, help="The remote to push to.")
@click.option("--user-name", help="Whose name the commit bears.  [default: who started the job]")
@click.option("--user-email", help="Their address.")
@click.option("--md", "as_markdown", is_flag=True, help="Print a link in Markdown.")
@options.as_json
@click.pass_context
def create_command(
    context: click.Context,
    /,
    patterns: tuple[str, ...],
    merge: bool,
    squash: bool,
    rebase: bool,
    as_markdown: bool,
    as_json: bool,
    **wording: Any,
) -> None:
    """Commit the changed files that a GLOB means to a branch of their own, and open a merge request for it.

    A GLOB is a file, a folder or a pattern such as *.json or **/*.csv; files that Git ignores are left out. A
    second run adds a commit to the same branch and leaves the words of the merge request alone. The clone
    itself stays as it is.
    """
    if merge + squash + rebase > 1:
        raise click.UsageError("--merge, --squash and --rebase exclude each other")
    merging: Merging | None = "merge" if merge else "squash" if squash else "rebase" if rebase else None
    root: Path = context.obj
    result = create_merge_request(
        patterns,
        Wording(**wording),
        merging,
        folder=root,
        system=this_machine(),
        env=os.environ,
        tell=tell,
    )
    if result.url is None:
        tell(f"There is no merge request: {result.reason}.")
    show_line(result, _line(result, as_markdown), as_json=as_json)


def _line(result: PullRequest, as_markdown: bool) -> str | None:
    if result.url is None or not as_markdown:
        return result.url
    return f"[Merge request !{result.url.rpartition('/')[2]}]({result.url})"
