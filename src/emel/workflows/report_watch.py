"""Waiting for results to change, for a report that keeps up with local work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emel.workflows.project import Project

POLL_SECONDS = 0.5

State = Mapping[str, tuple[int, int]]
"""Path → when it was last written, and its size."""


def state_of(project: Project, folder: Path) -> State:
    """The project's files as they are now: those that Git does not ignore, but for the report's own `folder`.

    Metrics and plots that DVC's cache keeps are ignored by Git; dvc.lock, which changes with them, is not.
    """
    root = project.repo().root
    own = folder.resolve()
    found: dict[str, tuple[int, int]] = {}
    for path in project.repo().files():
        file = root / path
        try:
            state = file.stat()
        except OSError:
            # Deleted, and still in Git's index.
            continue
        if not file.is_relative_to(own):
            found[path] = (state.st_mtime_ns, state.st_size)
    return found


def wait_for_change(project: Project, folder: Path, seen: State) -> tuple[str, ...]:
    """Block until files are others than in `seen`, and have been left alone for a moment; which they are."""
    now = state_of(project, folder)
    while True:
        project.system.clock.sleep(POLL_SECONDS)
        before, now = now, state_of(project, folder)
        if now != seen and now == before:
            return tuple(sorted({path for path, _ in set(now.items()) ^ set(seen.items())}))
