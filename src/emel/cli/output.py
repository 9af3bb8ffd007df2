"""What goes where: results to stdout, all else to stderr; JSON on request, meaning without colour."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from rich.console import Console, RenderableType
from rich.status import Status
from rich.text import Text

from emel.records import to_json

WIDTH_WITHOUT_TERMINAL = 110


def console(*, stderr: bool = False) -> Console:
    """A console that is as wide as the terminal, or of a fixed width where there is none."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else WIDTH_WITHOUT_TERMINAL
    # Names of users' metrics, files and branches may hold what rich would take for its own marks.
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False, markup=False, emoji=False)


def show(value: Any, rendered: RenderableType, *, as_json: bool, command: str | None = None) -> None:
    """Print a result: `rendered` for people, `value` as JSON for programs.

    A `command` for people follows on one line, however long, so that it can be copied.
    """
    if as_json:
        print_json(value)
        return
    console().print(rendered)
    if command:
        print(command)


def print_json(value: Any) -> None:
    """Print a result for programs."""
    print(msgspec.json.format(to_json(value), indent=2).decode())


def print_json_line(value: Any) -> None:
    """Print one of many results as a line of JSON, at once."""
    print(to_json(value).decode(), flush=True)


def show_line(value: Any, line: str | None, *, as_json: bool) -> None:
    """Print a result that people want as one line, however long: an address, which a script may take up."""
    if as_json:
        print_json(value)
    elif line:
        print(line)


def tell(text: str, hint: str | None = None) -> None:
    """Say something that is no result, with what to do about it."""
    print(text, file=sys.stderr)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)


class TerminalProgress:
    """Tells what is going on: a moving line on a terminal, plain lines elsewhere, nothing of it on stdout."""

    def __init__(self, target: Console, status: Status | None) -> None:
        self._console = target
        self._status = status

    def step(self, text: str) -> None:
        if self._status is None:
            self._console.print(Text(f"… {text}"))
            return
        self._status.update(Text(f"{text} …"))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Keep the moving line away for as long as the block runs, as a question does."""
        if self._status is None:
            yield
            return
        self._status.stop()
        try:
            yield
        finally:
            self._status.start()

    def line(self, text: str) -> None:
        self._console.print(Text(f"  {text}"), style="dim", soft_wrap=True)


@contextmanager
def progress() -> Iterator[TerminalProgress]:
    """Show progress for as long as the block runs."""
    with spinner() as (target, status):
        yield TerminalProgress(target, status)


@contextmanager
def spinner() -> Iterator[tuple[Console, Status | None]]:
    """The console of stderr, with a moving line at its end if it is a terminal."""
    target = console(stderr=True)
    if not target.is_terminal:
        yield target, None
        return
    with target.status("…") as status:
        yield target, status
