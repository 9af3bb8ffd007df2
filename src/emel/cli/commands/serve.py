"""emel serve"""

from __future__ import annotations

import click
from rich.console import Console

from emel.cli import options
from emel.cli.output import console
from emel.workflows.project import Project
from emel.workflows.serve import console_url, serve, stop


@click.command(
    epilog="""\b
Examples:
  emel serve                          # until Ctrl-C
  emel serve --port 0                 # on a free port
  emel serve --throttle               # with the share of a processor that the memory class has in a cloud
  emel serve --stop                   # end the one that runs in the background
"""
)
@click.option("--host", help="The address to listen on.  [default: [local] host, 127.0.0.1]")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port; 0 takes a free one.  [default: [local] port, 8080]",
)
@click.option(
    "--throttle/--no-throttle",
    "throttled",
    default=None,
    help="Give instances the processor share of their memory class alone.  [default: [local] throttle, no]",
)
@click.option("--stop", "stopping", is_flag=True, help="End the project's running platform.")
@click.pass_context
def command(
    context: click.Context, host: str | None, port: int | None, throttled: bool | None, stopping: bool
) -> None:
    """Run the function platform of this project on this machine, with the rules of a cloud.

    It serves what `emel deploy --to local` put there, each function in a process of its own that starts on
    the first request and ends when idle.
    """
    project = options.project_of(context)
    errors = console(stderr=True)
    if stopping:
        errors.print(f"stopped {stop(project).url}")
        return
    if host not in (None, "127.0.0.1", "localhost", "::1"):
        errors.print(f"warning: {host} is not loopback: whoever reaches this address can call your models")
    serve(
        project,
        host=host,
        port=port,
        throttled=throttled,
        on_ready=lambda url, throttle: _tell(project, url, throttle, errors),
    )


def _tell(project: Project, url: str, throttle: str, errors: Console) -> None:
    errors.print(f"serving on {url}, Ctrl-C stops")
    if throttle:
        errors.print(f"instances are throttled by {throttle}")
    if errors.is_terminal:
        errors.print(f"console on {console_url(project)}", soft_wrap=True)
    else:
        # A token does not belong into the file or the job log that this may go to.
        errors.print("console: `emel console` tells its address")
