"""Options that several commands share, each with one meaning and one text."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from emel.workflows.project import Project, open_folder, open_project, this_machine

as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
tag = click.option("--tag", default="prod", show_default=True, help="The tag of the function.")
to = click.option(
    "--to", default="local", show_default=True, metavar="CLOUD", help="Where: local is this machine."
)
dotenv = click.option(
    "--dotenv",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write EMEL_URL and EMEL_TAG to this file, for `artifacts:reports:dotenv` of GitLab.",
)
yes = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
dotenv = click.option(
    "--dotenv",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write EMEL_URL, the address, into this file, for `artifacts:reports:dotenv` of GitLab.",
)
base = click.option(
    "--base", metavar="REV", help="Compare with this revision instead of the merge base with [compare] base."
)
rev = click.option(
    "--rev",
    metavar="REV",
    help="A branch, tag or commit instead of the working tree; nothing is checked out.",
)


def project_of(context: click.Context, **flags: Any) -> Project:
    """The project of the folder that the command works in; `flags` are keys of emel.toml, dot as `__`."""
    folder: Path = context.obj
    dotted = {name.replace("__", "."): value for name, value in flags.items()}
    return open_project(folder, this_machine(), env=os.environ, flags=dotted)


def folder_of(context: click.Context, **flags: Any) -> Project:
    """The same where there may be no emel.toml and no repository."""
    folder: Path = context.obj
    dotted = {name.replace("__", "."): value for name, value in flags.items()}
    return open_folder(folder, this_machine(), env=os.environ, flags=dotted)
