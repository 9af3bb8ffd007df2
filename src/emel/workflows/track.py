"""A pipeline as a candidate of the forge's model experiments."""

from __future__ import annotations

import math
from collections.abc import Mapping

from msgspec import Struct

from emel.errors import ForgeError
from emel.forge import open_gitlab
from emel.records import Scalar
from emel.records.forges import Candidate, Place, TrackedCandidate
from emel.workflows.project import Progress, Project
from emel.workflows.report import ReportResult
from emel.workflows.review import find_place


class Tracking(Struct, frozen=True, kw_only=True):
    """What became of the candidate."""

    candidate: TrackedCandidate | None
    reason: str | None = None
    """Why there is none."""
    hint: str | None = None


def track(
    project: Project, result: ReportResult, *, env: Mapping[str, str], progress: Progress
) -> Tracking | None:
    """Write what the report tells into the experiment of the model's name.

    None where `[ci] experiments` is off, and outside of a pipeline. Nothing that the forge refuses is an
    error. A pipeline has one candidate: a job that is run again changes it.
    """
    if not project.config.ci.experiments:
        return None
    place = find_place(project.root, project.system, env)
    if place.pipeline is None:
        return None
    if result.failure:
        return Tracking(candidate=None, reason="the pipeline failed, and has no results")
    progress.step("writing the candidate of the experiment")
    forge = open_gitlab(place, env, project.system.http, project.system.clock, tell=progress.step)
    candidate = Candidate(
        name=f"{place.branch or (place.commit or '')[:8]} #{place.pipeline}",
        time_ms=int(project.system.clock.now().timestamp() * 1000),
        metrics=_metrics(result),
        params={name: _written(value) for name, value in result.snapshot.params.items()},
        tags=_tags(result, place, env),
    )
    try:
        return Tracking(candidate=forge.experiments.track(project.config.model.name, candidate))
    except ForgeError as problem:
        return Tracking(candidate=None, reason=str(problem), hint=problem.hint)


def _metrics(result: ReportResult) -> dict[str, float]:
    """The pipeline's metrics, and those of the function by their names in `[gate]`."""
    found = {
        name: float(value)
        for name, value in result.snapshot.metrics.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }
    if result.bundle:
        found["function.zip_bytes"] = float(result.bundle.zip_bytes)
    return found


def _written(value: Scalar) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tags(result: ReportResult, place: Place, env: Mapping[str, str]) -> dict[str, str]:
    """Where it came from. MLflow's own names where it has one; by the job's number GitLab links job, merge
    request and author (GitLab documentation, «MLflow client compatibility»)."""
    gate = {True: "passed", False: "failed"}.get(result.passed) if result.passed is not None else None
    known = {
        "gitlab.CI_JOB_ID": place.job,
        "mlflow.source.git.commit": place.commit,
        "mlflow.source.git.branch": place.branch,
        "mlflow.source.git.repoURL": place.project_url,
        "emel.pipeline": env.get("CI_PIPELINE_URL"),
        "emel.merge_request": place.merge_request_url,
        "emel.report": f"{place.job_url}/artifacts/browse" if place.job_url else None,
        "emel.gate": gate,
        "emel.version": result.bundle.version if result.bundle else None,
        "emel.bundle": result.bundle.digest if result.bundle else None,
    }
    return {name: value for name, value in known.items() if value}
