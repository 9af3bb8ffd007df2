"""The metrics over commits: as records, as a plot, as a page."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from msgspec import structs

from emel import compare as comparing
from emel.errors import ResultsError
from emel.records import History, HistoryEntry
from emel.report import pages
from emel.system.files import write_atomic
from emel.workflows.project import Project


def history(
    project: Project, *, revision: str | None = None, metrics: Sequence[str] = (), limit: int = 100
) -> History:
    """Metrics of the commits below a revision (HEAD) that changed them, the newest first.

    `metrics` chooses by full name or last part; without it all are taken. Errors: ResultsError for a name
    that no commit has.
    """
    tip = revision or "HEAD"
    entries = _with_noise(project, project.pipeline().history(tip, limit=limit), tip)
    known = tuple(dict.fromkeys(name for entry in entries for name in entry.metrics))
    chosen = _chosen(known, metrics) if metrics else known
    directions = {name: comparing.direction_of(name, project.config.metrics) for name in chosen}
    return History(metrics=chosen, directions=directions, entries=entries)


def write_page(project: Project, told: History, file: Path) -> None:
    """Write the history as one HTML page, or with the suffix .png as its plot alone. Errors: OSError."""
    if file.suffix.lower() == ".png":
        write_atomic(file, pages.history_png(told))
        return
    write_atomic(file, pages.history_page(project.config.model.name, told))


def _with_noise(project: Project, entries: Sequence[HistoryEntry], tip: str) -> tuple[HistoryEntry, ...]:
    commits = [entry.commit for entry in entries]
    if not commits:
        return ()
    measured = project.pipeline().noise_over_time(commits, project.repo().resolve(tip))
    bands = {commit: comparing.bands([noise]) for commit, noise in measured.items()}
    return tuple(structs.replace(entry, noise=bands.get(entry.commit, {})) for entry in entries)


def _chosen(known: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for name in wanted:
        fitting = [one for one in known if name == one or name == one.rpartition(".")[2]]
        if not fitting:
            close = difflib.get_close_matches(name, known, n=1)
            meant = f"did you mean `{close[0]}`? " if close else ""
            raise ResultsError(
                f"no commit has a metric `{name}`", hint=f"{meant}there are: {', '.join(known) or 'none'}"
            )
        found += fitting
    return tuple(dict.fromkeys(found))
