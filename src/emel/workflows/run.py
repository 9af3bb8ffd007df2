"""Run the pipeline, compare its results with the base, apply the gate."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from emel.errors import PipelineError
from emel.records import Comparison, Noise, PipelineRun
from emel.workflows.compare import compare_revisions
from emel.workflows.noise import measure_noise
from emel.workflows.project import Progress, Project
from emel.workflows.revisions import base_revision, candidate_revision


class RunResult(Struct, frozen=True, kw_only=True):
    """What ran, and how its results compare."""

    pipeline: PipelineRun
    comparison: Comparison
    noise: Noise | None = None
    """What repeated runs gave; None when none was asked for."""


def run(
    project: Project,
    *,
    base: str | None = None,
    stages: Sequence[str] = (),
    force: bool = False,
    params: Sequence[str] = (),
    repeat: int | None = None,
    seed_params: Sequence[str] = (),
    progress: Progress,
) -> RunResult:
    """Run the stages whose inputs changed (`force`: all of them; `stages`: those, and what they need), then
    compare.

    `params` are written into the files of parameters first, and stay there. What the run was made with is
    noted in .emel/runs. With `repeat` there are so many runs in all, whose noise is written down: see
    emel.workflows.noise. A gate that says no is no error here: it stands in the comparison's verdict.
    """
    commit = project.repo().head()
    pipeline = project.pipeline()
    if params:
        pipeline.set_params(params)
    # A base or a seed that is not there should be told before the long work.
    base_revision(project, candidate_revision(project), base)
    seeds = pipeline.seeds(seed_params) if repeat else {}
    progress.step("running the pipeline")
    started = project.system.clock.now()
    project.claim_state()
    output: list[str] = []

    def on_line(line: str) -> None:
        output.append(line)
        progress.line(line)

    try:
        done = pipeline.run(
            stages=stages,
            force=force,
            on_line=on_line,
            on_stage=lambda stage: progress.step(f"running stage {stage}"),
        )
    except PipelineError as problem:
        pipeline.record_failure(commit, problem, output)
        raise
    pipeline.forget_failure()
    pipeline.record(done, started)
    noise = measure_noise(project, repeat, seeds, stages=stages, progress=progress) if repeat else None
    progress.step("comparing with the base")
    candidate = candidate_revision(project)
    against = base_revision(project, candidate, base)
    compared = compare_revisions(project, candidate, against)
    return RunResult(pipeline=done, comparison=compared, noise=noise)
