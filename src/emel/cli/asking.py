"""Asking before something is done that costs or deletes."""

from __future__ import annotations

import sys

import click
from rich.console import RenderableType

from emel.cli.output import console
from emel.errors import DeployError


def agree(shown: RenderableType, question: str) -> bool:
    """Show what is about to happen and ask. Errors: DeployError where there is no one to answer."""
    errors = console(stderr=True)
    errors.print(shown)
    if not sys.stdin.isatty():
        raise DeployError("this needs a yes, and there is no terminal to ask on", hint="say --yes")
    return click.confirm(question, default=False, err=True)
