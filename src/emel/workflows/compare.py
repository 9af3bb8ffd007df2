"""Compare a revision with its base and let the gate judge."""

from __future__ import annotations

from emel import compare as comparing
from emel.records import Comparison, Revision
from emel.workflows.gate import function_measures
from emel.workflows.project import Project
from emel.workflows.revisions import base_revision, candidate_revision


def compare(project: Project, *, revision: str | None = None, base: str | None = None) -> Comparison:
    """Metrics, parameters and data of a revision (default: the working tree) beside those of its base."""
    candidate = candidate_revision(project, revision)
    return compare_revisions(project, candidate, base_revision(project, candidate, base))


def compare_revisions(project: Project, candidate: Revision, base: Revision | None) -> Comparison:
    """The same for revisions that are known already."""
    pipeline = project.pipeline()
    earlier, present = pipeline.snapshots(base, candidate)
    return comparing.compare(
        earlier,
        present,
        rules=project.config.rules(),
        directions=project.config.metrics,
        function=(function_measures(project, base), function_measures(project, candidate)),
        environment=(pipeline.recorded(base) if base else None, pipeline.recorded(candidate)),
    )
