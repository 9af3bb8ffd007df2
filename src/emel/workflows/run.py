"""Run the pipeline, compare its results with the base, apply the gate."""

from __future__ import annotations

from msgspec import Struct

from emel.records import Comparison, PipelineRun
from emel.workflows.compare import compare
from emel.workflows.project import Progress, Project


class RunResult(Struct, frozen=True, kw_only=True):
    """What ran, and how its results compare."""

    pipeline: PipelineRun
    comparison: Comparison


def run(project: Project, *, base: str | None, force: bool, progress: Progress) -> RunResult:
    """Run the stages whose inputs changed (`force`: all of them), then compare.

    A gate that says no is no error here: it stands in the comparison's verdict.
    """
    project.repo().head()
    progress.step("running the pipeline")
    done = project.pipeline().run(force=force, on_line=progress.line)
    progress.step("comparing with the base")
    return RunResult(pipeline=done, comparison=compare(project, base=base))
