"""emel logs"""

from __future__ import annotations

from datetime import datetime

import click

from emel.cli import options
from emel.cli.moments import Moment
from emel.cli.output import console, print_json, print_json_line
from emel.cli.render import log_record
from emel.records import LOG_LEVELS, LogFilter, LogLevel
from emel.workflows.logs import logs


@click.command(
    epilog="""\b
Examples:
  emel logs                           # the newest 100 records
  emel logs --follow                  # and those that come, until Ctrl-C
  emel logs --level warn --since 1h
  emel logs --version 3 --since 2026-11-22T09:00 --until 2026-11-22T10:00
  emel logs --follow --json           # one JSON object a line
"""
)
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option(
    "--level", type=click.Choice(LOG_LEVELS), default="trace", help="This level and above.  [default: all]"
)
@click.option("--since", type=Moment(), help="Not before: 15m, 2h, 1d ago, or a date and time in UTC.")
@click.option("--until", type=Moment(), help="Before this moment.")
@click.option("--version", type=click.IntRange(min=1), metavar="N", help="Only of this version.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="How many at most of those that are there.",
)
@options.to
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    follow: bool,
    level: LogLevel,
    since: datetime | None,
    until: datetime | None,
    version: int | None,
    limit: int,
    to: str,
    as_json: bool,
) -> None:
    """Show what the project's function wrote, and what the platform has to say of it. Oldest first.

    What an instance prints is here line by line; a line that is a JSON object becomes a record with its
    fields. The time is UTC.
    """
    if follow and until:
        raise click.UsageError("--follow waits for what comes: leave --until out")
    wanted = LogFilter(since=since, until=until, level=level, version=version, limit=limit, follow=follow)
    records = logs(options.project_of(context), wanted, to=to)
    if as_json and not follow:
        print_json(tuple(records))
        return
    screen, seen = console(), False
    for record in records:
        seen = True
        if as_json:
            print_json_line(record)
        else:
            screen.print(log_record(record), soft_wrap=True)
    if not seen:
        console(stderr=True).print("no records")
