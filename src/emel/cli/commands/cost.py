"""emel cost"""

from __future__ import annotations

from pathlib import Path

import click

from emel.cli import options
from emel.cli.output import console, progress, show
from emel.cli.render import estimate
from emel.workflows.cost import estimate_cost, write_cost


@click.command(
    epilog="""\b
Examples:
  emel cost                           # the working tree's model, at [cost] calls_per_month
  emel cost --calls-per-month 5000000 --memory 256
  emel cost --gateway                 # with the price of an API gateway before the function
  emel cost --plot cost.png           # the bill of a month over calls, function against machines
  emel cost --price-file mine.toml    # other prices, in the shape of the shipped file
"""
)
@options.rev
@click.option("--calls-per-month", type=click.IntRange(min=0), help="Predictions a month.")
@click.option("--memory", type=int, help="Memory class in MB, instead of [function] memory.")
@click.option(
    "--price-file", type=click.Path(dir_okay=False, path_type=Path), help="A TOML file with other prices."
)
@click.option("--gateway", is_flag=True, help="Calls go through an API gateway.")
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw it into this PNG or HTML file too."
)
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    rev: str | None,
    calls_per_month: int | None,
    memory: int | None,
    price_file: Path | None,
    gateway: bool,
    plot: Path | None,
    as_json: bool,
) -> None:
    """What predictions would cost on Yandex Cloud, from the times measured on this machine.

    Processor times measured here are projected on the share of a processor that the memory class gets there.
    Prices carry the date from which they hold. Provisioned instances, the log and storage are counted as
    emel.toml has them.
    """
    project = options.project_of(context, function__memory=memory)
    with progress() as telling:
        result = estimate_cost(
            project,
            revision=rev,
            calls_per_month=calls_per_month,
            price_file=price_file,
            gateway=gateway,
            progress=telling,
        )
        if plot is not None:
            write_cost(project, result, plot)
    show(result, estimate(result), as_json=as_json)
    if plot is not None:
        console(stderr=True).print(f"drawn: {plot}")
