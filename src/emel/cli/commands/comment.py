"""emel comment"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from emel.cli import options
from emel.cli.output import show_line, tell
from emel.workflows import comment as workflow
from emel.workflows.comment import Comment, Writer
from emel.workflows.comment_watch import watch_comment
from emel.workflows.machine import this_machine
from emel.workflows.target import Target, parse_target


class TargetType(click.ParamType[Target]):
    """What a comment is written to."""

    name = "target"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Target:
        try:
            return parse_target(value)
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


def _shared(function: Callable[..., None]) -> Callable[..., None]:
    """What both commands take."""
    decorators = (
        click.argument("markdown", type=click.Path(dir_okay=False, path_type=Path)),
        click.option(
            "--target",
            type=TargetType(),
            metavar="TARGET",
            help="pr, pr/NUMBER, commit, commit/SHA or issue/NUMBER, where pr is a merge request.  "
            "[default: the merge request of this change, else its commit]",
        ),
        click.option(
            "--publish/--no-publish",
            default=True,
            show_default=True,
            help="Upload the files of the repository that the text shows or links to.",
        ),
        click.option(
            "--watch",
            "watching",
            is_flag=True,
            help="Write what is there, and again after each change, until the job or shell that started this "
            "ends.",
        ),
        click.option(
            "--watermark-title",
            "title",
            metavar="TITLE",
            help="The name of the comment, which nobody sees: `update` finds it by this.",
        ),
        options.as_json,
        click.pass_context,
    )
    for decorate in reversed(decorators):
        function = decorate(function)
    return function


@click.group()
def command() -> None:
    """Write Markdown of your own to a merge request, commit or issue."""


@command.command(
    "create",
    epilog="""\b
Examples:
  emel comment create report.md
  emel comment create report.md --target issue/3
  emel comment create report.md --target commit/HEAD --no-publish
""",
)
@_shared
def create_command(context: click.Context, **given: Any) -> None:
    """Write a new comment.

    The text goes through to the byte, but for known secrets, which become [MASKED], and for the addresses of
    files that are uploaded.
    """
    _write(context, workflow.new_comment, **given)


@command.command(
    "update",
    epilog="""\b
Examples:
  emel comment update report.md                                 # one comment for each job
  emel comment update report.md --watermark-title training      # one for each title
  emel comment update report.md --watch &                       # while the job trains
""",
)
@_shared
def update_command(context: click.Context, **given: Any) -> None:
    """Write a comment, or bring the one of an earlier run up to date.

    It is found by its title, which is the job's name unless --watermark-title gives another.
    """
    _write(context, workflow.sticky_comment, **given)


def _write(
    context: click.Context,
    open_comment: Callable[..., Writer],
    *,
    markdown: Path,
    target: Target | None,
    publish: bool,
    watching: bool,
    title: str | None,
    as_json: bool,
) -> None:
    root: Path = context.obj
    system, file = this_machine(), root / markdown
    read = workflow.text_source(file, root=root, system=system, env=os.environ, publishing=publish)

    def opened() -> Writer:
        return open_comment(target, title, root=root, system=system, env=os.environ, tell=tell)

    if watching:
        tell(f"Watching {markdown}.")
        result = watch_comment(opened, read, file, is_over=_end(), clock=system.clock, tell=tell)
    else:
        text = read()
        result = opened().write(text)
    _show(result, as_json=as_json)


def _show(result: Comment, *, as_json: bool) -> None:
    for problem in result.problems:
        tell(f"not uploaded: {problem}")
    if result.url is None:
        tell("GitLab took the text for quick actions, and wrote no comment.")
    show_line(result, result.url, as_json=as_json)


def _end() -> Callable[[], bool]:
    """Tells whether the job has ended: its shell, which started us, has gone, or we are told to end."""
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: told.append(received))
    parent = os.getppid()
    return lambda: bool(told) or os.getppid() != parent
