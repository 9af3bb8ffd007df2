"""The report in the merge request: one comment, kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from emel.errors import ForgeError
from emel.forge.sticky import Compose, Published, StickyComment
from emel.records import RenderedReport
from emel.records.forges import Place, ReportRun
from emel.report.history import earlier_runs
from emel.workflows.machine import System
from emel.workflows.project import Progress
from emel.workflows.review import Review, find_place, find_review


class Publication(Struct, frozen=True, kw_only=True):
    """What became of a report."""

    url: str | None
    """The comment's address; None when there is none."""
    created: bool = False
    uploaded: int = 0
    superseded: bool = False
    """Whether a newer pipeline's report stands there, and this one is only in its history."""
    reason: str | None = None
    """Why there is no comment."""
    hint: str | None = None
    """What to do for one."""


def publish(
    rendered: RenderedReport,
    *,
    root: Path,
    part: str,
    artifact: str,
    system: System,
    env: Mapping[str, str],
    progress: Progress,
) -> Publication:
    """Write the report where the change is reviewed.

    `part` is the part of the project that the report is about (its model): each job and each part has a
    comment of its own. `artifact` is the folder of the report's files, relative to the repository; empty
    when they lie outside of it.

    In a CI job nothing that the forge refuses is an error: the report is an artifact all the same, and the
    publication says why there is no comment. Errors: ForgeError outside of CI; RepositoryError.
    """

    def write(review: Review, place: Place) -> Published:
        run = ReportRun(
            commit=rendered.commit,
            pipeline=int(place.pipeline) if place.pipeline else None,
            passed=rendered.passed,
            metrics=rendered.metrics,
        )
        compose = _composed(rendered, _artifact_link(place, artifact, "The whole report", "report"))
        comment = _comment(review, place.job_name, part)
        return comment.publish(compose, rendered.pictures, run=run, history=earlier_runs)

    return _published(write, root, system, env, progress)


def publish_leaderboard(
    rendered: RenderedReport,
    *,
    job: str,
    root: Path,
    part: str,
    artifact: str,
    system: System,
    env: Mapping[str, str],
    progress: Progress,
) -> Publication:
    """Write a leaderboard into the comment of a report, whichever of the two is there first.

    `job` is the job whose report that is: this one may run in a pipeline that the report's has started. The
    rest, and errors, as of `publish`.
    """

    def write(review: Review, place: Place) -> Published:
        link = _artifact_link(place, artifact, "The whole leaderboard", "leaderboard")
        return _comment(review, job, part).publish_section(
            "leaderboard",
            _composed(rendered, link),
            rendered.pictures,
            pipeline=int(place.pipeline) if place.pipeline else None,
            history=earlier_runs,
        )

    return _published(write, root, system, env, progress)


def _published(
    write: Callable[[Review, Place], Published],
    root: Path,
    system: System,
    env: Mapping[str, str],
    progress: Progress,
) -> Publication:
    place = find_place(root, system, env)
    progress.step("writing the comment")
    try:
        review = find_review(place, system, env, progress.step)
        done = write(review, place)
    except ForgeError as problem:
        if not place.in_ci:
            raise
        return Publication(url=None, reason=_reason(problem, place), hint=problem.hint)
    return Publication(
        url=f"{review.url}#note_{done.note}",
        created=done.created,
        uploaded=done.uploaded,
        superseded=done.superseded,
    )


def _comment(review: Review, job: str | None, part: str) -> StickyComment:
    return StickyComment(review.forge, review.on, f"report {job or 'local'} {part}")


def _composed(rendered: RenderedReport, link: str) -> Compose:
    return lambda addresses, room: shortened(rendered, addresses, room, link)


def shortened(rendered: RenderedReport, addresses: Mapping[str, str], room: int, link: str) -> str:
    """The report in at most `room` characters: without its last parts where it is longer, which it says."""
    footer = f"\n\n{link}" if link else ""
    texts = [rendered.with_addresses(part, addresses) for part in rendered.parts]
    left_out = 0
    while texts and len(_joined(texts, left_out, footer)) > room:
        texts.pop()
        left_out += 1
    return _joined(texts, left_out, footer)


def _joined(texts: Sequence[str], left_out: int, footer: str) -> str:
    sections = "1 section does" if left_out == 1 else f"{left_out} sections do"
    cut = [f"{sections} not fit into a comment; report.html has everything."] if left_out else []
    return "\n\n".join([*texts, *cut]) + footer


def _artifact_link(place: Place, artifact: str, title: str, page: str) -> str:
    """A link to the page among the artifacts of the job."""
    if place.job_url is None or not artifact:
        return ""
    return f"[{title}]({place.job_url}/artifacts/file/{quote(artifact)}/{page}.html)"


def _reason(problem: ForgeError, place: Place) -> str:
    if place.from_fork and problem.status in (None, 401, 403, 404):
        return f"the pipeline runs in a fork, which has no token for the project ({problem.message})"
    return str(problem)
