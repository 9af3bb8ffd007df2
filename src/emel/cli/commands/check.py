"""emel check"""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast, get_args

import click

from emel.cli import options
from emel.cli.output import show_line, tell
from emel.errors import ResultsError
from emel.records.forges import CommitState
from emel.workflows import check as workflow
from emel.workflows.machine import this_machine


@click.group()
def command() -> None:
    """Say on a commit how a check went: what GitLab shows beside it, and among the jobs of its pipeline."""


@command.command(
    "create",
    epilog="""\b
Examples:
  emel check create report.md --title drift --state failed
  emel check create --title drift --state running
  emel check create report.md --title drift --commit 1a2b3c4d
""",
)
@click.argument("markdown", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--title", default="report", show_default=True, help="The name of the check.")
@click.option(
    "--state",
    type=click.Choice(get_args(CommitState)),
    default="success",
    show_default=True,
    help="How it went.",
)
@click.option("--commit", metavar="SHA", help="Another commit than that of this change.")
@click.option("--url", help="Where a click leads.  [default: the page of the job]")
@options.as_json
@click.pass_context
def create_command(
    context: click.Context,
    markdown: Path | None,
    title: str,
    state: str,
    commit: str | None,
    url: str | None,
    as_json: bool,
) -> None:
    """Set a status of a commit.

    GitLab shows one line of text with it: the first of MARKDOWN that says something. For the whole text, use
    `emel comment update --target commit`.
    """
    root: Path = context.obj
    result = workflow.create_check(
        title,
        cast(CommitState, state),
        text=_text(root / markdown) if markdown else "",
        commit=commit,
        url=url,
        root=root,
        system=this_machine(),
        env=os.environ,
        tell=tell,
    )
    show_line(result, f"{result.name}: {result.status} ({result.sha[:8]})", as_json=as_json)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as problem:
        raise ResultsError("this is no text in UTF-8", where=str(file)) from problem
