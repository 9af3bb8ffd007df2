"""Compare a revision with its base and let the gate judge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emel import compare as comparing
from emel.records import Comparison, Revision, Snapshot
from emel.report import pages
from emel.system.files import write_atomic
from emel.workflows.gate import function_measures
from emel.workflows.noise import known_noise
from emel.workflows.project import Project
from emel.workflows.revisions import base_revision, candidate_revision, named_revision


def compare(project: Project, *, revision: str | None = None, base: str | None = None) -> Comparison:
    """Metrics, parameters and data of a revision (default: the working tree) beside those of its base."""
    candidate = candidate_revision(project, revision)
    return compare_revisions(project, candidate, base_revision(project, candidate, base))


def compare_revisions(project: Project, candidate: Revision, base: Revision | None) -> Comparison:
    """The same for revisions that are known already."""
    earlier, present = project.pipeline().snapshots(base, candidate)
    return _compared(project, base, earlier, present)


def compare_several(project: Project, names: Sequence[str]) -> tuple[Comparison, ...]:
    """Every revision but the first beside the first. One alone is held beside the working tree (or HEAD).

    A name is that of a branch, tag or commit, or `!12` of a merge request. Nothing is checked out.
    """
    base = named_revision(project, names[0])
    candidates = [named_revision(project, name) for name in names[1:]] or [candidate_revision(project)]
    earlier, present = project.pipeline().all_snapshots(base, candidates)
    return tuple(_compared(project, base, earlier, one) for one in present)


def write_page(project: Project, comparisons: Sequence[Comparison], file: Path) -> None:
    """Write one HTML page with the comparisons, which have one base, and all their plots overlaid.

    Errors: ResultsError when a plot cannot be drawn; OSError.
    """
    *others, last = (comparison.candidate for comparison in comparisons)
    plots = project.pipeline().plots(comparisons[0].base, last, others)
    write_atomic(file, pages.comparison_page(project.config.model.name, comparisons, plots))


def _compared(
    project: Project, base: Revision | None, earlier: Snapshot | None, present: Snapshot
) -> Comparison:
    pipeline, candidate = project.pipeline(), present.revision
    return comparing.compare(
        earlier,
        present,
        rules=project.config.rules(),
        directions=project.config.metrics,
        function=(function_measures(project, base), function_measures(project, candidate)),
        environment=(pipeline.recorded(base) if base else None, pipeline.recorded(candidate)),
        noise=known_noise(project, base, candidate),
    )
