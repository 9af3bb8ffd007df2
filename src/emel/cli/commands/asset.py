"""emel asset"""

from __future__ import annotations

import os
from pathlib import Path

import click

from emel.cli import options
from emel.cli.output import show_line, tell
from emel.workflows import asset as workflow
from emel.workflows.machine import this_machine


@click.group()
def command() -> None:
    """Upload files that comments of the project show."""


@command.command(
    "publish",
    epilog="""\b
Examples:
  emel asset publish plots/roc.png                              # its address
  emel asset publish plots/roc.png --md >> report.md
  emel asset publish plots/roc.png --md --title "ROC curve" >> report.md
""",
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--md", "as_markdown", is_flag=True, help="Print Markdown that shows the file, or links to it.")
@click.option("--title", "-t", help="What the Markdown calls it.  [default: the file's name]")
@options.as_json
@click.pass_context
def publish_command(
    context: click.Context, file: Path, as_markdown: bool, title: str | None, as_json: bool
) -> None:
    """Upload a file to the project and print where it is.

    In a private project, whoever knows the address of a picture can see it, unless the project requires
    authentication for media files. `emel comment` uploads the files of its text by itself.
    """
    root: Path = context.obj
    result = workflow.publish_asset(
        root / file, title, root=root, system=this_machine(), env=os.environ, tell=tell
    )
    show_line(result, result.markdown if as_markdown else result.url, as_json=as_json)
