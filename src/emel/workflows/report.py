"""The report of a revision: comparison, plots, and what is known of its function by now."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct, structs

from emel import compare as comparing
from emel import report as reporting
from emel.records import (
    Best,
    Bundle,
    Comparison,
    DataChange,
    DataFacts,
    Endpoint,
    FailedRun,
    RenderedReport,
    Revision,
    Shadow,
    Snapshot,
    Verdict,
)
from emel.report import Known, Written
from emel.secrets import Masker, secret_values
from emel.workflows.cost import price
from emel.workflows.gate import function_measures
from emel.workflows.leaderboard import newest_of
from emel.workflows.noise import known_noise
from emel.workflows.package import find_bundle
from emel.workflows.project import Progress, Project
from emel.workflows.report_own import chosen_sections, own_sections
from emel.workflows.revisions import WORKSPACE, base_revision, candidate_revision
from emel.workflows.shadow import Preview


class ReportResult(Struct, frozen=True, kw_only=True):
    """What the report says, and where it lies."""

    headline: str
    passed: bool | None
    """What the gate says; None without any rule."""
    failure: FailedRun | None = None
    """The pipeline failed at this commit: there is nothing to compare then."""
    comparison: Comparison
    best: dict[str, Best]
    snapshot: Snapshot
    """The candidate's own results."""
    bundle: Bundle | None
    """What the candidate is as a function; None where it was not packaged."""
    files: Written


def report(
    project: Project,
    *,
    revision: str | None = None,
    base: str | None = None,
    folder: Path | None = None,
    preview: Preview | None = None,
    env: Mapping[str, str],
    progress: Progress,
) -> tuple[ReportResult, RenderedReport]:
    """Write report.md with its plots, a self-contained report.html and GitLab's files into `folder`
    (.emel/report).

    Bundles that are on the shelf for candidate and base give the model card its size, parity, cold start and
    price. Secrets that `env` names are taken out. Errors: ConfigError for a section that does not exist.
    """
    sections = chosen_sections(project.config)
    mask = Masker(secret_values(env))
    candidate = candidate_revision(project, revision)
    against = base_revision(project, candidate, base)
    failure = _failure(project, candidate, env, progress) if revision is None else None
    if failure:
        return _report_failure(project, candidate, reporting.masked(failure, mask), folder, env)
    progress.step("reading metrics, parameters and plots")
    # DVC takes its second to start, and is asked twice.
    with ThreadPoolExecutor(1) as beside:
        plots = beside.submit(project.pipeline().plots, against, candidate) if "plots" in sections else None
        known, snapshot = _known(project, candidate, against, preview.shadow if preview else None)
    progress.step("drawing the plots")
    known = structs.replace(
        known,
        plots=plots.result() if plots else (),
        endpoint=preview.endpoint if preview else None,
        keyed=preview.keyed if preview else False,
        preview_bundle=preview.bundle if preview else None,
        shadow=preview.shadow if preview else None,
        row_address=_row_address(project, preview.endpoint, env) if preview else None,
        own=own_sections(project, sections, mask, _files_at(env, candidate.commit), progress),
    )
    clean = reporting.masked(known, mask)
    rendered = reporting.render(reporting.build(clean, sections), clean.comparison)
    place = folder or project.claim_state() / "report"
    written = reporting.write(rendered, clean.comparison.verdict, place, _links(place, clean.endpoint, env))
    result = ReportResult(
        headline=rendered.headline,
        passed=rendered.passed,
        comparison=clean.comparison,
        best=dict(clean.best),
        snapshot=reporting.masked(snapshot, mask),
        bundle=clean.candidate_bundle,
        files=written,
    )
    return result, rendered


def _failure(
    project: Project, candidate: Revision, env: Mapping[str, str], progress: Progress
) -> FailedRun | None:
    """Why there are no results of what is checked out. Those that Git holds pass for its own otherwise."""
    pipeline = project.pipeline()
    failure, outdated = pipeline.failure(candidate), pipeline.outdated()
    if failure or not outdated:
        return failure
    if "CI_JOB_ID" in env:
        # The job that trains was ended from outside, or has not handed on what it made.
        return FailedRun(message=f"there are no results of this commit: {outdated}", output=())
    progress.line(f"The results are those of an earlier run: {outdated}. `emel run` brings new ones.")
    return None


def _report_failure(
    project: Project,
    candidate: Revision,
    failure: FailedRun,
    folder: Path | None,
    env: Mapping[str, str],
) -> tuple[ReportResult, RenderedReport]:
    """The report of a run that failed. The results in the working tree are those of an earlier one."""
    refused = Verdict(passed=False, checks=())
    nothing = Comparison(base=None, candidate=candidate, metrics=(), params=(), data=(), verdict=refused)
    document = reporting.failure_document(project.config.model.name, failure, candidate)
    rendered = structs.replace(reporting.render(document, nothing), passed=False)
    place = folder or project.claim_state() / "report"
    written = reporting.write(rendered, refused, place, _links(place, None, env), failure.message)
    result = ReportResult(
        headline=rendered.headline,
        passed=False,
        failure=failure,
        comparison=nothing,
        best={},
        snapshot=Snapshot(revision=candidate, metrics={}, params={}, data={}),
        bundle=None,
        files=written,
    )
    return result, rendered


def _known(
    project: Project, candidate: Revision, against: Revision | None, shadow: Shadow | None
) -> tuple[Known, Snapshot]:
    """What the pipeline, the history and the shelf tell, and the candidate's own results. Nothing is run,
    fetched or called."""
    measured = function_measures(project, candidate)
    if shadow:
        measured = {**(measured or {}), **shadow.measures()}
    pipeline = project.pipeline()
    earlier, present = pipeline.snapshots(against, candidate)
    made_by = pipeline.recorded(candidate)
    comparison = comparing.compare(
        earlier,
        present,
        rules=project.config.rules(),
        directions=project.config.metrics,
        function=(function_measures(project, against), measured),
        environment=(pipeline.recorded(against) if against else None, made_by),
        noise=known_noise(project, against, candidate),
    )
    candidate_bundle = find_bundle(project, candidate)
    base_bundle = find_bundle(project, against) if against else None
    known = Known(
        project=project.config.model.name,
        comparison=comparison,
        run=made_by,
        sweep=newest_of(project, candidate),
        best=comparing.best_so_far(comparison.metrics, _past(project, present, against)),
        data={change.path: _measured(project, comparison, change) for change in comparison.data},
        candidate_bundle=candidate_bundle,
        base_bundle=base_bundle,
        estimate=price(project, candidate_bundle) if candidate_bundle else None,
        base_estimate=price(project, base_bundle) if base_bundle else None,
    )
    return known, present


def _past(project: Project, present: Snapshot, base: Revision | None) -> tuple[Snapshot, ...]:
    """Metrics of all commits but the candidate's own."""
    tips = [present.revision.commit, *([base.commit] if base else [])]
    own = None if present.revision.label == WORKSPACE else present.revision.commit
    return tuple(one for one in project.pipeline().past(present, tips) if one.revision.commit != own)


def _measured(
    project: Project, comparison: Comparison, change: DataChange
) -> tuple[DataFacts | None, DataFacts | None]:
    pipeline = project.pipeline()
    base = pipeline.measure(change.path, change.base, comparison.base) if comparison.base else None
    return base, pipeline.measure(change.path, change.candidate, comparison.candidate)


def _row_address(project: Project, endpoint: Endpoint, env: Mapping[str, str]) -> str | None:
    """Where GitLab shows a line of the sample file; None outside of CI, or if Git does not hold the file."""
    commit, sample = endpoint.version.commit, project.config.model.sample
    files = _files_at(env, commit) if commit else None
    if commit is None or files is None or not sample.endswith(".csv"):
        return None
    repo = project.repo()
    path = (project.root.resolve() / sample).relative_to(repo.root.resolve()).as_posix()
    if repo.read(commit, path) is None:
        return None
    return f"{files}/{quote(path)}#L{{line}}"


def _files_at(env: Mapping[str, str], commit: str) -> str | None:
    """Where GitLab shows the files of a commit; None outside of CI."""
    url = env.get("CI_PROJECT_URL")
    return f"{url}/-/blob/{commit}" if url else None


def _links(folder: Path, endpoint: Endpoint | None, env: Mapping[str, str]) -> dict[str, str]:
    """What stands on the page of the CI job: the report as a page, and the preview."""
    links: dict[str, str] = {}
    job, checkout = env.get("CI_JOB_URL"), env.get("CI_PROJECT_DIR")
    if job and checkout and folder.resolve().is_relative_to(Path(checkout).resolve()):
        inside = folder.resolve().relative_to(Path(checkout).resolve()).as_posix()
        links["Model report"] = f"{job}/artifacts/file/{quote(inside)}/report.html"
    if endpoint:
        links["Preview endpoint"] = endpoint.url
    return links
