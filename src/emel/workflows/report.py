"""The report of a revision: comparison, plots, and what is known of its function by now."""

from __future__ import annotations

from pathlib import Path

from emel import report as reporting
from emel.records import Bundle, Comparison, Endpoint, Estimate, Revision, Shadow
from emel.report import Written
from emel.workflows.compare import compare_revisions
from emel.workflows.package import find_bundle
from emel.workflows.project import Progress, Project
from emel.workflows.revisions import base_revision, candidate_revision


def report(
    project: Project,
    *,
    revision: str | None = None,
    base: str | None = None,
    folder: Path | None = None,
    estimate: Estimate | None = None,
    shadow: Shadow | None = None,
    endpoint: Endpoint | None = None,
    progress: Progress,
) -> tuple[Comparison, Written]:
    """Write report.md with its plots and a self-contained report.html into `folder` (.emel/report).

    Bundles that are on the shelf for candidate and base give the model card its size, parity and cold start.
    """
    candidate = candidate_revision(project, revision)
    against = base_revision(project, candidate, base)
    progress.step("reading metrics and parameters")
    comparison = compare_revisions(project, candidate, against)
    progress.step("drawing the plots")
    document = reporting.build(
        project.config.model.name,
        comparison,
        plots=project.pipeline().plots(against, candidate),
        candidate_bundle=find_bundle(project, candidate),
        base_bundle=_bundle_of(project, against),
        estimate=estimate,
        shadow=shadow,
        endpoint=endpoint,
    )
    return comparison, reporting.write(document, folder or project.claim_state() / "report")


def _bundle_of(project: Project, revision: Revision | None) -> Bundle | None:
    return find_bundle(project, revision) if revision else None
