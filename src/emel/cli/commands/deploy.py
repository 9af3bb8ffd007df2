"""emel deploy"""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from emel.cli import options
from emel.cli.asking import agree
from emel.cli.output import console, progress, show
from emel.cli.render import endpoint, plan_steps
from emel.deploy import Plan
from emel.workflows import deploy as workflow
from emel.workflows.deploy import write_dotenv
from emel.workflows.local import LOCAL


@click.command(
    epilog="""\b
Examples:
  emel deploy --to local                      # the working tree's model as prod
  emel deploy --to local --tag mr-1           # beside it, as a preview
  emel deploy --to local --rev v1.0.0 --dry-run
  emel deploy --to yandex                     # asks before it makes the function
  emel deploy --to yandex --tag mr-12 --yes
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
@options.yes
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
    yes: bool,
    as_json: bool,
) -> None:
    """Make a tag of the project's function answer with a model, packaging it first if needed.

    The same model and settings again change nothing. On this machine the platform is started in the
    background if it does not run; `emel serve --stop` ends it. Before a function is made on a cloud, the plan
    is shown and you are asked.
    """
    project = options.project_of(context)
    if dry_run:
        with progress() as telling:
            steps = workflow.plan(project, to=to, tag=tag, revision=rev, zip_path=zip_path, progress=telling)
        show(steps, plan_steps(steps), as_json=as_json)
        return

    def agreed(steps: Plan) -> bool:
        if yes or to == LOCAL or not steps.is_first:
            return True
        with telling.paused():
            return agree(plan_steps(steps), f"Make this on {to}?")

    with progress() as telling:
        result = workflow.deploy(
            project, to=to, tag=tag, revision=rev, zip_path=zip_path, progress=telling, agreed=agreed
        )
    if dotenv:
        write_dotenv(dotenv, result.url, result.tag)
    show(result, endpoint(result), as_json=as_json)
    if result.example and not as_json:
        # One line, however long, so that it can be copied.
        console().print(Text(result.example), soft_wrap=True)
