"""emel report"""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Callable
from pathlib import Path

import click
from msgspec import structs
from rich.console import Group, RenderableType
from rich.text import Text

from emel.cli import options
from emel.cli.output import progress, show, tell
from emel.cli.render import comparison, written
from emel.cli.render.tables import facts
from emel.errors import EmelError
from emel.records import RenderedReport
from emel.workflows.project import Project
from emel.workflows.publish import Publication, publish
from emel.workflows.report import ReportResult, report
from emel.workflows.report_watch import state_of, wait_for_change
from emel.workflows.shadow import preview
from emel.workflows.track import Tracking, track


class Output(ReportResult, frozen=True, kw_only=True):
    """What --json prints."""

    comment: Publication | None
    """None without --publish."""
    experiment: Tracking | None
    """None without --publish, `[ci] experiments`, or a CI job."""


@click.command(
    epilog="""\b
Examples:
  emel report                         # .emel/report/report.md and report.html
  emel report --publish               # and one comment in the merge request, kept up to date
  emel report --preview mr-7          # with the endpoint of that tag, and its answers beside production's
  emel report --output public         # another folder, for GitLab Pages or an artifact
  emel report --open --watch          # while you work: look at it, and keep it up to date
"""
)
@options.rev
@options.base
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write to.  [default: .emel/report]",
)
@click.option(
    "--preview", "preview_tag", metavar="TAG", help="Show the endpoint of this tag beside production's."
)
@options.to
@options.api_key
@click.option("--publish", "publishing", is_flag=True, help="Write it to the merge request, as one comment.")
@click.option("--open", "opening", is_flag=True, help="Show the page in the browser.")
@click.option(
    "--watch", "watching", is_flag=True, help="Write it anew whenever results change, until Ctrl-C."
)
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    rev: str | None,
    base: str | None,
    output: Path | None,
    preview_tag: str | None,
    to: str,
    key: str | None,
    publishing: bool,
    opening: bool,
    watching: bool,
    as_json: bool,
) -> None:
    """Write the report: metrics, parameters, plots, the gate's verdict and the model card.

    report.md is what a merge request shows, with its plots beside it; report.html is one file with all in it.
    junit.xml, metrics.txt and annotations.json are for `artifacts:reports` of GitLab. A gate that says no
    stands in the report, and does not fail this command.
    """
    if watching and (publishing or as_json or rev):
        raise click.UsageError("--watch goes with neither --publish nor --json nor --rev")
    project = options.project_of(context)

    def write() -> tuple[ReportResult, RenderedReport]:
        return _write(project, rev=rev, base=base, output=output, preview_tag=preview_tag, to=to, key=key)

    if watching:
        _watch(project, write, output, opening)
        return
    result, rendered = write()
    comment = _published(project, result, rendered) if publishing else None
    if opening:
        _open(result.files.html)
    tracked = _tracked(project, result) if publishing else None
    told = Output(**structs.asdict(result), comment=comment, experiment=tracked)
    show(told, _rendered(result, comment, tracked), as_json=as_json)


def _write(
    project: Project,
    *,
    rev: str | None,
    base: str | None,
    output: Path | None,
    preview_tag: str | None,
    to: str,
    key: str | None,
) -> tuple[ReportResult, RenderedReport]:
    with progress() as telling:
        shown = preview(project, tag=preview_tag, to=to, key=key, progress=telling) if preview_tag else None
        return report(
            project,
            revision=rev,
            base=base,
            folder=output,
            preview=shown,
            env=os.environ,
            progress=telling,
        )


def _published(project: Project, result: ReportResult, rendered: RenderedReport) -> Publication:
    with progress() as telling:
        comment = publish(
            rendered,
            root=project.root,
            part=project.config.model.name,
            artifact=_below(result.files.html.parent, project.repo().root),
            system=project.system,
            env=os.environ,
            progress=telling,
        )
    if comment.url is None:
        tell(f"There is no comment: {comment.reason}", comment.hint)
    return comment


def _tracked(project: Project, result: ReportResult) -> Tracking | None:
    with progress() as telling:
        tracked = track(project, result, env=os.environ, progress=telling)
    if tracked and tracked.candidate is None:
        tell(f"There is no candidate of an experiment: {tracked.reason}", tracked.hint)
    return tracked


def _below(folder: Path, root: Path) -> str:
    whole = folder.resolve()
    return whole.relative_to(root.resolve()).as_posix() if whole.is_relative_to(root.resolve()) else ""


def _rendered(
    result: ReportResult, comment: Publication | None, tracked: Tracking | None = None
) -> RenderableType:
    told = Text(result.headline) if result.failure else comparison(result.comparison)
    parts = [told, Text(""), written(result.files)]
    if comment and comment.url:
        parts.append(facts(("comment", comment.url)))
    if tracked and tracked.candidate:
        parts.append(facts(("experiment", f"{tracked.candidate.url} ({tracked.candidate.name})")))
    return Group(*parts)


def _open(page: Path) -> None:
    if not webbrowser.open(page.resolve().as_uri()):
        tell("There is no browser to open the page with.", f"open it by hand: {page.resolve()}")


def _watch(
    project: Project,
    write: Callable[[], tuple[ReportResult, RenderedReport]],
    output: Path | None,
    opening: bool,
) -> None:
    """Write the report, and again after each change, until Ctrl-C, which is the way to end it."""
    folder = output or project.state / "report"
    is_open = not opening
    try:
        while True:
            seen = state_of(project, folder)
            try:
                result, _ = write()
            except EmelError as problem:
                # As while a stage writes its files: they will change once more.
                tell(str(problem), problem.hint)
            else:
                show(result, _rendered(result, None), as_json=False)
                if not is_open:
                    _open(result.files.html)
                    is_open = True
            tell("Waiting for changes; Ctrl-C ends this.")
            changed = wait_for_change(project, folder, seen)
            tell(f"Changed: {', '.join(changed[:5])}{', …' if len(changed) > 5 else ''}")
    except KeyboardInterrupt:
        tell("")
