"""emel deploy"""

from __future__ import annotations

from pathlib import Path

import click

from emel.cli import options
from emel.cli.asking import agreement
from emel.cli.output import progress, show
from emel.cli.render import endpoint, plan_steps
from emel.workflows.deploy import DeployRequest, deploy, plan, write_dotenv


@click.command(
    epilog="""\b
Examples:
  emel deploy --to local                      # the working tree's model as prod
  emel deploy --to local --tag mr-1           # beside it, as a preview
  emel deploy --to local --rev v1.0.0 --dry-run
  emel deploy --to yandex                     # asks before it makes the function
  emel deploy --to yandex --tag mr-12 --yes
  emel deploy --to yandex --gateway           # paths, keys and a domain of your own
  emel deploy --to yandex --gateway --tag next --weight 10   # a canary
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
@click.option("--gateway", is_flag=True, help="Put an API gateway before the function; on yandex.")
@click.option(
    "--weight",
    type=click.IntRange(1, 99),
    help="Percent of the gateway's requests; the others go where they went before.",
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
    gateway: bool,
    weight: int | None,
    dotenv: Path | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Make a tag of the project's function answer with a model, packaging it first if needed.

    The same model and settings again change nothing. On this machine the platform is started in the
    background if it does not run; `emel serve --stop` ends it. Before a function is made on a cloud, the plan
    is shown and you are asked.

    --gateway without --weight sends all requests to the tag, and so ends a canary.
    """
    if weight is not None and not gateway:
        raise click.UsageError("--weight is of the gateway's requests: say --gateway too")
    project = options.project_of(context)
    share = (weight or 100) if gateway else None
    request = DeployRequest(to=to, tag=tag, revision=rev, zip_path=zip_path, gateway_weight=share)
    if dry_run:
        with progress() as telling:
            steps = plan(project, request, telling)
        show(steps, plan_steps(steps), as_json=as_json)
        return
    with progress() as telling:
        result = deploy(project, request, telling, agreed=agreement(to, yes=yes, telling=telling))
    if dotenv:
        write_dotenv(dotenv, result.url, result.tag)
    show(result, endpoint(result), as_json=as_json, command=result.example)
