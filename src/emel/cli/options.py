"""Options that several commands share, each with one meaning and one text."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from emel.workflows.machine import this_machine
from emel.workflows.project import Project, open_folder, open_project

API_KEY = "EMEL_API_KEY"

as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
tag = click.option("--tag", default="prod", show_default=True, help="The tag of the function.")
to = click.option(
    "--to", default="local", show_default=True, metavar="CLOUD", help="Where: local (this machine) or yandex."
)
yes = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
dotenv = click.option(
    "--dotenv",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write EMEL_URL and EMEL_TAG into this file, for `artifacts:reports:dotenv` of GitLab.",
)
base = click.option(
    "--base", metavar="REV", help="Compare with this revision instead of the merge base with [compare] base."
)
rev = click.option(
    "--rev",
    metavar="REV",
    help="A branch, tag or commit instead of the working tree; nothing is checked out.",
)


def _key_in(_: click.Context, __: click.Parameter, variable: str) -> str | None:
    """The value of a variable of the environment. One that was asked for must be there."""
    key = os.environ.get(variable, "").strip()
    if not key and variable != API_KEY:
        raise click.BadParameter(f"the environment variable {variable} is not set")
    if not key.isascii() or not key.isprintable():
        raise click.BadParameter(f"{variable} holds characters that no header can carry")
    return key or None


api_key = click.option(
    "--api-key-variable",
    "key",
    default=API_KEY,
    show_default=True,
    metavar="NAME",
    callback=_key_in,
    help="The environment variable that holds the endpoint's API key, if it asks for one.",
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


def modelless_of(context: click.Context, **flags: Any) -> Project:
    """The same for commands that ask nothing of a model, and so also where emel.toml has no [model]."""
    return folder_of(context, model__name="none", model__path="none", model__sample="none", **flags)
