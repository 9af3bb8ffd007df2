"""Run the pipeline again and again, and note how far its metrics lie apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emel import compare as comparing
from emel.errors import PipelineError
from emel.records import Noise, NoiseSource, PipelineRun, Revision, Scalar
from emel.workflows.cells import Bench, copied, open_bench, run_copy
from emel.workflows.project import Progress, Project
from emel.workflows.revisions import WORKSPACE


def measure_noise(
    project: Project,
    runs: int,
    seeds: Mapping[str, int],
    *,
    stages: Sequence[str] = (),
    progress: Progress,
) -> Noise:
    """Repeat the run that made the present results, so that there are `runs` of it, and write the noise down.

    Each repetition gets the next value of every one of the `seeds`, which are there with their present
    values. Without a seed all stages run again as they are. It is done in copies of the working tree, one at
    a time.

    Errors: PipelineError when a stage fails, or when no stage depends on a seed; ResultsError.
    """
    pipeline, repo = project.pipeline(), project.repo()
    here = Revision(label=WORKSPACE, commit=repo.head(), changes=repo.changes())
    results: list[Mapping[str, Scalar]] = [pipeline.snapshot(here).metrics]
    with open_bench(project, project.system.process, here.commit, here.changes) as bench:
        for number in range(1, runs):
            params = [f"{name}={value + number}" for name, value in seeds.items()]
            progress.step(f"run {number + 1} of {runs}{': ' if params else ''}{' '.join(params)}")
            results.append(_repeated(bench, params, stages, progress))
    values = {name: [value + number for number in range(runs)] for name, value in seeds.items()}
    return pipeline.record_noise(values, comparing.over_runs(results))


def known_noise(
    project: Project, base: Revision | None, candidate: Revision
) -> tuple[tuple[NoiseSource, Noise], ...]:
    """What is known of the noise of a comparison: the base's, and the candidate's where its own results were
    repeated. A branch has its base's file until it measures anew; one measurement counts once."""
    pipeline = project.pipeline()
    earlier = pipeline.noise(base) if base else None
    present = pipeline.noise(candidate)
    if earlier is None or present is None:
        return tuple(found for found in (earlier, present) if found)
    measured_anew = present[0].current and present[1] != earlier[1]
    return (earlier, present) if measured_anew else (earlier,)


def _repeated(
    bench: Bench, params: Sequence[str], stages: Sequence[str], progress: Progress
) -> Mapping[str, Scalar]:
    with copied(bench, params) as pipeline:
        made, found = run_copy(
            bench,
            pipeline,
            stages=stages,
            force=not params,
            on_line=progress.line,
        )
    if params and not _has_run(made):
        names = ", ".join(param.partition("=")[0] for param in params)
        raise PipelineError(
            f"no stage depends on {names}, so that all runs would be one",
            where="dvc.yaml",
            hint="list the seed under `params` of the stage that reads it, or name another: --seed-param",
        )
    return found.metrics


def _has_run(run: PipelineRun) -> bool:
    return any(stage.outcome != "unchanged" for stage in run.stages)
