"""Asking before something is done that costs or deletes."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click
from rich.console import RenderableType

from emel.cli.output import TerminalProgress, console
from emel.cli.render import plan_steps
from emel.deploy import Plan
from emel.errors import DeployError
from emel.workflows.local import LOCAL


def agreement(to: str, *, yes: bool, telling: TerminalProgress) -> Callable[[Plan], bool]:
    """What is asked before a deploy: on a cloud, when it would make the function, unless `yes` is said.

    Errors, when it is called: DeployError where there is no one to answer.
    """

    def agreed(steps: Plan) -> bool:
        if yes or to == LOCAL or not steps.is_first:
            return True
        with telling.paused():
            return agree(plan_steps(steps), f"Make this on {to}?")

    return agreed


def agree(shown: RenderableType, question: str) -> bool:
    """Show what is about to happen and ask. Errors: DeployError where there is no one to answer."""
    errors = console(stderr=True)
    errors.print(shown)
    if not sys.stdin.isatty():
        raise DeployError("this needs a yes, and there is no terminal to ask on", hint="say --yes")
    return click.confirm(question, default=False, err=True)
