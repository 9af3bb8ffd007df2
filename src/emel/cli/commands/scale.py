"""emel scale"""

from __future__ import annotations

import click

from emel.cli import options
from emel.cli.output import show
from emel.cli.render import scaled
from emel.workflows.scale import scale


@click.command(
    epilog="""\b
Examples:
  emel scale --to yandex --max 10 --provisioned 1
  emel scale --to yandex --tag mr-12 --provisioned 0
"""
)
@click.option(
    "--max",
    "zone_instances",
    type=click.IntRange(min=0),
    help="Instances in each availability zone; 0 is no limit.",
)
@click.option(
    "--requests",
    "zone_requests",
    type=click.IntRange(min=0),
    help="Requests under way in each zone; any more get 429. 0 is no limit.",
)
@click.option("--provisioned", type=click.IntRange(min=0), help="Instances that are kept warm, and billed.")
@options.tag
@options.to
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    zone_instances: int | None,
    zone_requests: int | None,
    provisioned: int | None,
    tag: str,
    to: str,
    as_json: bool,
) -> None:
    """Change how many instances answer behind a tag, at once and with no new version.

    What is not named stays. The next `emel deploy` puts back what emel.toml says.
    """
    if zone_instances is zone_requests is provisioned is None:
        raise click.UsageError("say at least one of --max, --requests, --provisioned")
    result = scale(
        options.project_of(context),
        tag=tag,
        zone_instances=zone_instances,
        zone_requests=zone_requests,
        provisioned=provisioned,
        to=to,
    )
    show(result, scaled(result), as_json=as_json)
