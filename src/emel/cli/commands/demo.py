"""emel demo"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

import click
from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from emel.cli import options, render, words
from emel.cli.output import TerminalProgress, show, spinner
from emel.cli.render.tables import facts, table
from emel.workflows.demo import DemoSummary, demo, stop_serving
from emel.workflows.machine import this_machine


@click.command(
    epilog="""\b
Examples:
  emel demo
  emel demo --dir my-demo             # in a folder of your own, to go on by hand afterwards
  emel demo --keep-serving            # leave the endpoints up until Ctrl-C
"""
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="An empty or new folder to work in.  [default: a new folder for temporary files]",
)
@click.option("--keep-serving", is_flag=True, help="Leave the endpoints up until Ctrl-C.")
@options.as_json
def command(folder: Path | None, keep_serving: bool, as_json: bool) -> None:
    """Show the whole loop on real data: commit, train, compare, report, deploy, test, price, roll back.

    It uses this machine alone, takes about a minute, and says where it leaves the repository, the report and
    the bundles. Each step is what the command of its name does.
    """
    with spinner() as (target, status):
        view = DemoView(target, TerminalProgress(target, status))
        summary = demo(folder, this_machine(), view)
    show(summary, _summary(summary, serving=keep_serving), as_json=as_json)
    try:
        while keep_serving:
            time.sleep(3600)
    except KeyboardInterrupt:
        target.print("\nstopping the endpoints")
    finally:
        stop_serving(summary.folder)


class DemoView:
    """Prints the demo as it goes, all of it to stderr."""

    def __init__(self, target: Console, telling: TerminalProgress) -> None:
        self._console = target
        self._telling = telling

    def begin(self, number: int, count: int, title: str) -> None:
        self._console.print()
        self._console.print(Rule(f"{number}/{count}  {title}", align="left", style="bold"))

    def step(self, text: str) -> None:
        self._telling.step(text)

    def line(self, text: str) -> None:
        self._telling.line(text)

    def say(self, text: str) -> None:
        self._console.print(Text(text), soft_wrap=True)

    def show(self, value: object) -> None:
        self._console.print(render.any_record(value))

    def done(self, seconds: float) -> None:
        self._console.print(Text(f"done in {words.seconds(seconds)}", style="dim"))


def _how_to_call() -> str:
    """`emel` where the shell finds this one, its whole path otherwise."""
    called = Path(sys.argv[0]).resolve()
    found = shutil.which("emel")
    if called.name != "emel" or (found and Path(found).resolve() == called):
        return "emel"
    return str(called)


def _summary(summary: DemoSummary, *, serving: bool) -> RenderableType:
    times = table("step", "time", right=("time",))
    for step in summary.steps:
        times.add_row(step.title, words.seconds(step.seconds))
    times.add_row("all", words.seconds(summary.seconds))
    places = facts(
        ("repository", str(summary.folder)),
        ("report", str(summary.report_html)),
        ("as in a merge request", str(summary.report_markdown)),
        *(("bundle", str(path)) for path in summary.bundles),
    )
    if serving:
        live = facts(("prod", summary.production_url), ("mr-1", summary.preview_url))
        after = Group(live, Text("Ctrl-C stops both endpoints."))
    else:
        name = _how_to_call()
        after = Group(
            Text("Go on by hand:"),
            Text(f"  cd {summary.folder}", no_wrap=True),
            Text(f"  {name} serve      # both endpoints again, until Ctrl-C", no_wrap=True),
            Text(f"  {name} compare    # the table of step 4", no_wrap=True),
            Text(f"  {name} --help", no_wrap=True),
        )
    return Group(
        Text(""), Rule("Summary", align="left", style="bold"), times, Text(""), places, Text(""), after
    )
