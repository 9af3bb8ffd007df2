"""emel simulate"""

from __future__ import annotations

from pathlib import Path

import click

from emel.cli import options
from emel.cli.moments import Span
from emel.cli.output import progress, show, tell
from emel.cli.render import simulation
from emel.workflows.simulate import (
    CLOUDS,
    Demand,
    Timing,
    default_seconds,
    simulated,
    write_simulation,
)


@click.command(
    epilog="""\b
Examples:
  emel simulate --rps 20                          # the project's settings on this machine
  emel simulate --rps 2 --pattern daily --cloud yandex
  emel simulate --rps 50 --pattern burst --max-instances 10 --provisioned 2 --plot scaling.png
  emel simulate --pattern requests.csv --cloud aws     # your own traffic: a column `time`, or `time,rps`
  emel simulate --rps 5 --cold-start 3 --duration 0.2  # times of your own
"""
)
@click.option(
    "--rps",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="Requests a second, on the mean.",
)
@click.option(
    "--pattern",
    default="poisson",
    show_default=True,
    metavar="PATTERN",
    help="constant, poisson, burst (each minute's in 5 s), daily (a wave of 24 h), or a CSV file.",
)
@click.option(
    "--for", "seconds", type=Span(), help="How long, as 90s, 15m, 1d.  [default: 1h, a day for daily]"
)
@click.option(
    "--cloud", type=click.Choice(CLOUDS), default="local", show_default=True, help="Whose rules and prices."
)
@click.option("--memory", type=int, help="Memory class in MB, instead of [function] memory.")
@click.option("--max-instances", type=int, help="Instead of [function] max_instances.")
@click.option("--provisioned", type=int, help="Instances kept warm, instead of [function] provisioned.")
@click.option("--timeout", type=float, help="Seconds, instead of [function] timeout.")
@click.option(
    "--idle-seconds",
    type=click.FloatRange(0, min_open=True),
    help="When an idle instance ends, instead of [function] idle_seconds; 300 on a cloud.",
)
@click.option(
    "--cold-start", type=click.FloatRange(0), help="Seconds of a start, instead of what was measured."
)
@click.option(
    "--duration", type=click.FloatRange(0), help="Seconds of a warm call, instead of what was measured."
)
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw it into this PNG file too."
)
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    rps: float,
    pattern: str,
    seconds: float | None,
    cloud: str,
    memory: int | None,
    max_instances: int | None,
    provisioned: int | None,
    timeout: float | None,
    idle_seconds: float | None,
    cold_start: float | None,
    duration: float | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Show what scaling settings do with some traffic: instances, cold starts, latency, 429s, the bill.

    Nothing is run: the local platform's own rules of scaling act on a simulated clock. The times of a start
    and of a call are those measured with the bundle, for a cloud projected on the memory class.
    """
    project = options.project_of(
        context,
        function__memory=memory,
        function__max_instances=max_instances,
        function__provisioned=provisioned,
        function__timeout=timeout,
    )
    with progress() as telling:
        result = simulated(
            project,
            Demand(pattern, rps, seconds or default_seconds(pattern)),
            cloud=cloud,
            timing=Timing(cold_start, duration),
            idle_seconds=idle_seconds,
            progress=telling,
        )
        if plot is not None:
            write_simulation(result, plot)
    show(result, simulation(result), as_json=as_json)
    if plot is not None:
        tell(f"drawn: {plot}")
