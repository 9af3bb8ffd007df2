"""emel repo"""

from __future__ import annotations

import os
from pathlib import Path

import click

from emel.cli import options
from emel.cli.output import show_line
from emel.workflows.machine import this_machine
from emel.workflows.prepare import Prepared, prepare


@click.group()
def command() -> None:
    """Make a job's clone ready for Git's own commands."""


@command.command(
    "prepare",
    epilog="""\b
Examples:
  emel repo prepare                   # the whole history, and `git commit` and `git push` work
  emel repo prepare --fetch-depth 50
""",
)
@click.option(
    "--fetch-depth",
    "depth",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="How many commits of each branch to fetch into a clone that lacks some; 0 is all.",
)
@click.option("--remote", default="origin", show_default=True, help="The remote to fetch from and push to.")
@click.option(
    "--user-name", help="Whose name commits bear.  [default: as Git knows, else who started the job]"
)
@click.option("--user-email", help="Their address.")
@options.as_json
@click.pass_context
def prepare_command(
    context: click.Context,
    depth: int,
    remote: str,
    user_name: str | None,
    user_email: str | None,
    as_json: bool,
) -> None:
    """Fetch the history, say who commits, and let `git push` use the token of the environment.

    No token is written to .git/config: Git asks for the variable that holds it when it is needed, and the one
    that GitLab puts into the address of `origin` is taken out.
    """
    root: Path = context.obj
    result = prepare(
        depth=depth,
        remote=remote,
        user_name=user_name,
        user_email=user_email,
        root=root,
        system=this_machine(),
        env=os.environ,
    )
    show_line(result, _line(result), as_json=as_json)


def _line(result: Prepared) -> str:
    history = "some of the history" if result.shallow else "the whole history"
    by = f"commits are by {result.user}" if result.user else "commits have no author yet"
    push = "the token of the environment" if result.uses_token else "Git's own ways"
    return f"{result.remote}: {history}; {by}; git push uses {push}"
