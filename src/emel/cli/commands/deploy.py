"""emel deploy"""

from __future__ import annotations

from pathlib import Path

import click

from emel.cli import options
from emel.cli.output import progress, show
from emel.cli.render import endpoint, plan_steps
from emel.workflows import deploy as workflow
from emel.workflows.deploy import write_dotenv


@click.command(
    epilog="""\b
Examples:
  emel deploy --to local                      # the working tree's model as prod
  emel deploy --to local --tag mr-1           # beside it, as a preview
  emel deploy --to local --rev v1.0.0 --dry-run
"""
)
@options.to
@options.tag
@options.rev
@click.option(
    "--bundle",
    "zip_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A zip that `emel package` made, instead of a revision.",
)
@options.dotenv
@click.option("--dry-run", is_flag=True, help="Print the plan and change nothing.")
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    to: str,
    tag: str,
    rev: str | None,
    zip_path: Path | None,
    dotenv: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make a tag of the project's function answer with a model, packaging it first if needed.

    The same model and settings again change nothing. On this machine the platform is started in the
    background if it does not run; `emel serve --stop` ends it.
    """
    project = options.project_of(context)
    if dry_run:
        with progress() as telling:
            steps = workflow.plan(project, to=to, tag=tag, revision=rev, zip_path=zip_path, progress=telling)
        show(steps, plan_steps(steps), as_json=as_json)
        return
    with progress() as telling:
        result = workflow.deploy(project, to=to, tag=tag, revision=rev, zip_path=zip_path, progress=telling)
    if dotenv:
        write_dotenv(dotenv, result.url, result.tag)
    show(result, endpoint(result), as_json=as_json)
