"""Sticky comments as tests write and read them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence

from tests.fakes.gitlab import Project
from tests.fakes.gitlab.project import ON

from emel.forge import Forge
from emel.forge.sticky import Published, StickyComment
from emel.records import Picture
from emel.records.forges import Noteable, ReportRun

GENEROUS = 60.0
"""Seconds that a job may take on a busy machine."""


def at_once(*jobs: Callable[[], object]) -> None:
    """Run the jobs beside each other, to their end."""
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GENEROUS)
        assert not thread.is_alive()


def publish(
    forge: Forge,
    text: str = "report",
    pictures: Sequence[str] = (),
    *,
    pipeline: int | None = 100,
    key: str = "report",
    on: Noteable = ON,
) -> Published:
    """One run of a job whose comment says `text` and the addresses of its pictures."""

    def compose(addresses: Mapping[str, str], room: int) -> str:
        return " ".join([text, *addresses.values()])

    run = ReportRun(commit=f"commit {pipeline}", pipeline=pipeline, passed=True, metrics={"said": text})
    drawn = [_picture(name) for name in pictures]
    return StickyComment(forge, on, key).publish(compose, drawn, run=run, history=_told)


def publish_section(
    forge: Forge, text: str = "board", pictures: Sequence[str] = (), *, pipeline: int | None = 100
) -> Published:
    """The same of a job that writes the section «leaderboard»."""

    def compose(addresses: Mapping[str, str], room: int) -> str:
        return " ".join([text, *addresses.values()])

    return StickyComment(forge, ON, "report").publish_section(
        "leaderboard", compose, [_picture(name) for name in pictures], pipeline=pipeline, history=_told
    )


def shown(project: Project) -> list[str]:
    """Each note without its hidden line, and without the sign that parts the history."""
    hidden = "<!-- emel:sticky"
    bodies = [note.body.partition("\n")[2] if hidden in note.body else note.body for note in project.notes]
    return [body.replace("\n<!-- emel:history -->\n", " | ") for body in bodies]


def _told(runs: Sequence[ReportRun]) -> str:
    return " ".join(f"{run.pipeline}:{run.metrics['said']}" for run in runs)


def _picture(name: str) -> Picture:
    content = f"png of {name}".encode()
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    return Picture(file_name=f"{name}.png", digest=digest, content=content)
