"""emel preview"""

from __future__ import annotations

import os
from pathlib import Path

import click

from emel.cli import options
from emel.cli.asking import agree, agreement
from emel.cli.output import progress, show, tell
from emel.cli.render import endpoint
from emel.cli.render.previews import preview_stop, previews, pruned
from emel.errors import DeployError
from emel.workflows import previews as workflow
from emel.workflows.deploy import write_dotenv

merge_request = click.argument("merge_request", required=False)


@click.group()
def command() -> None:
    """Endpoints of merge requests: `mr-7` is the tag of merge request 7 on the project's function."""


@command.command(
    "start",
    epilog="""\b
Examples:
  emel preview start                  # for the merge request of this branch or CI job
  emel preview start 7 --rev topic    # nothing is checked out
  emel preview start --to yandex --yes --dotenv .emel/preview.env
""",
)
@merge_request
@options.to
@options.rev
@options.dotenv
@options.yes
@options.as_json
@click.pass_context
def start_command(
    context: click.Context,
    merge_request: str | None,
    to: str,
    rev: str | None,
    dotenv: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Make the tag of a merge request answer with a model, packaging it first if needed.

    MERGE_REQUEST is 7, !7 or mr-7. The same model and settings again change nothing. Before a function is
    made on a cloud, the plan is shown and you are asked.
    """
    project = options.project_of(context)
    with progress() as telling:
        tag = workflow.preview_tag(project, merge_request, env=os.environ, progress=telling)
        result = workflow.start_preview(
            project,
            tag=tag,
            to=to,
            revision=rev,
            progress=telling,
            agreed=agreement(to, yes=yes, telling=telling),
        )
    if dotenv is not None:
        write_dotenv(dotenv, result.url, result.tag)
    show(result, endpoint(result), as_json=as_json, command=result.example)


@command.command(
    "stop",
    epilog="""\b
Examples:
  emel preview stop 7
  emel preview stop mr-7 --to local
""",
)
@merge_request
@options.to
@options.as_json
@click.pass_context
def stop_command(context: click.Context, merge_request: str | None, to: str, as_json: bool) -> None:
    """Take the tag of a merge request away; its version stays, so that starting again uploads nothing.

    A preview that is not there is no error.
    """
    project = options.project_of(context)
    with progress() as telling:
        tag = workflow.preview_tag(project, merge_request, env=os.environ, progress=telling)
    result = workflow.stop_preview(project, tag=tag, to=to)
    show(result, preview_stop(result), as_json=as_json)


@command.command(
    "list",
    epilog="""\b
Examples:
  emel preview list
  emel preview list --json
""",
)
@options.to
@options.as_json
@click.pass_context
def list_command(context: click.Context, to: str, as_json: bool) -> None:
    """List the previews that there are. Starts nothing, and asks no server."""
    result = workflow.list_previews(options.project_of(context), to=to)
    show(result, previews(result), as_json=as_json)


@command.command(
    "prune",
    epilog="""\b
Examples:
  emel preview prune                  # asks before it removes
  emel preview prune --to local --yes
""",
)
@options.to
@options.yes
@options.as_json
@click.pass_context
def prune_command(context: click.Context, to: str, yes: bool, as_json: bool) -> None:
    """Remove the previews of merge requests that were merged or closed, as GitLab says.

    One whose merge request GitLab does not show stays: `emel preview stop` removes it.
    """
    project = options.project_of(context)

    with progress() as telling:
        known = workflow.previews_with_states(project, to=to, env=os.environ, progress=telling)
    over = [preview for preview in known if workflow.is_over(preview)]
    if over and not yes and not agree(previews(over), "Remove these previews?"):
        raise DeployError("nothing was removed", hint="with --yes nobody is asked")
    for preview in over:
        workflow.stop_preview(project, tag=preview.tag, to=to)
    show(over, pruned(over, kept=len(known) - len(over)), as_json=as_json)
    hidden = [preview.tag for preview in known if preview.state is None]
    if hidden:
        tell(
            f"GitLab shows no merge request for {', '.join(hidden)}: nothing was removed there.",
            f"if it is forgotten: emel preview stop {hidden[0]}",
        )
