"""emel model"""

from __future__ import annotations

import click

from emel.cli import options
from emel.cli.output import show
from emel.cli.render import model_version, model_versions
from emel.workflows.register import list_versions, register


@click.group()
def command() -> None:
    """Versions of the model: annotated Git tags such as churn@v1.2.0, which GTO reads as well."""


@command.command(
    "register",
    epilog="""\b
Examples:
  emel model register                 # the next version, at HEAD
  emel model register v2.0.0 --rev main
""",
)
@click.argument("version", required=False)
@click.option("--rev", metavar="REV", help="Another commit than HEAD.")
@options.as_json
@click.pass_context
def register_command(context: click.Context, version: str | None, rev: str | None, as_json: bool) -> None:
    """Give the model of a commit a version. A commit that has one keeps it."""
    result = register(options.project_of(context), version=version, revision=rev)
    show(result, model_version(result), as_json=as_json)


@command.command(
    "list",
    epilog="""\b
Examples:
  emel model list
  emel model list --json
""",
)
@options.as_json
@click.pass_context
def list_command(context: click.Context, as_json: bool) -> None:
    """List the versions of the model, the newest first."""
    result = list_versions(options.project_of(context))
    show(result, model_versions(result), as_json=as_json)
