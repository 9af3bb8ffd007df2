"""A sweep whose cells are jobs of GitLab: the child pipeline that has them, and what they gave together."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from emel import ci
from emel import report as reporting
from emel.errors import PipelineError
from emel.experiments import cells, grid
from emel.experiments.definition import Definition, read_definition
from emel.records import Sweep, SweepCell
from emel.report.leaderboard import leaderboard_document
from emel.secrets import Masker, secret_values
from emel.system.files import write_atomic
from emel.workflows.ci import spec_of
from emel.workflows.leaderboard import Cell, keep_newest, kept_of, leaderboard
from emel.workflows.project import Progress, Project
from emel.workflows.publish import Publication, publish_leaderboard

LONGEST_NAME = 200
"""Of a cell, in characters: a job's name has 255 at most, and more than the cell stands in it."""


class Wanted(NamedTuple):
    """What to sweep over: options of the command, or [sweep] of emel.toml."""

    settings: tuple[str, ...]
    drawn: int | None
    """How many combinations, instead of all."""
    seed: int
    metric: str | None

    def options(self) -> tuple[str, ...]:
        """The same as words of a command line."""
        drawn = ("--random", str(self.drawn), "--seed", str(self.seed)) if self.drawn else ()
        ordered = ("--metric", self.metric) if self.metric else ()
        return (*(word for one in self.settings for word in ("--set", one)), *drawn, *ordered)


class SweepPipeline(Struct, frozen=True, kw_only=True):
    """A child pipeline that was written."""

    file: Path
    cells: int


class Gathered(Struct, frozen=True, kw_only=True):
    """The leaderboard of a sweep in a pipeline, and where it lies."""

    sweep: Sweep
    markdown: Path
    html: Path
    comment: Publication | None = None


def wanted_of(
    project: Project,
    settings: tuple[str, ...] = (),
    *,
    count: int | None = None,
    seed: int | None = None,
    metric: str | None = None,
) -> Wanted:
    """What is swept over: what is given, or else what emel.toml says. Errors: PipelineError for neither."""
    table = project.config.sweep
    chosen = settings or table.set
    if not chosen:
        raise PipelineError(
            "nothing says which parameters to sweep over",
            hint='name their values: --set depth=2,4,8; or in emel.toml, [sweep]: set = ["depth=2,4,8"]',
        )
    drawn = count if settings or count else table.random
    return Wanted(chosen, drawn, table.seed if seed is None else seed, metric or table.metric)


def write_child_pipeline(
    project: Project, wanted: Wanted, file: Path, *, report_job: str = "report"
) -> SweepPipeline:
    """Write the YAML for `trigger: include: artifact`. `report_job` is the job of the present pipeline whose
    comment the leaderboard goes into.

    Errors: PipelineError for more cells than GitLab makes jobs of, for values that no variable of a job can
    carry, and for a parameter that is not there; ConfigError.
    """
    axes = grid(wanted.settings)
    count = math.prod(len(axis) for axis in axes)
    if min(count, wanted.drawn or count) > ci.MOST_CELLS:
        raise PipelineError(
            f"the sweep has {min(count, wanted.drawn or count):,} cells, and GitLab makes "
            f"{ci.MOST_CELLS} jobs of one kind at most",
            hint=f"draw some of them: --random {ci.MOST_CELLS}; or sweep on one machine: emel sweep",
        )
    chosen = cells(wanted.settings, count=wanted.drawn, seed=wanted.seed)
    for cell in chosen:
        _check(cell)
    project.pipeline().check_params(chosen[0])
    whole = len(chosen) == count
    matrix = [_variables(axes)] if whole else [_variables([(one,) for one in cell]) for cell in chosen]
    root = project.repo().root.resolve()
    folder = project.root.resolve().relative_to(root).as_posix()
    definition = read_definition(project.root) or Definition((), ())
    spec = spec_of(project.root.resolve(), "" if folder == "." else folder, project.config, definition)
    write_atomic(file, ci.child_pipeline(spec, matrix, wanted.options(), report_job))
    return SweepPipeline(file=file, cells=len(chosen))


def collect(
    project: Project,
    wanted: Wanted,
    *,
    report_job: str | None = None,
    env: Mapping[str, str],
    progress: Progress,
) -> Gathered:
    """The leaderboard of what cells have given so far. Runs nothing; a cell that gave nothing has failed.

    It is written to .emel/leaderboard, and where a `report_job` is named into the comment of its report.
    Errors: those of `sweep` and `publish_leaderboard`.
    """
    commit = project.repo().head()
    kept = kept_of(project, commit)
    results = [
        kept.read(cell) or _absent(cell, commit)
        for cell in cells(wanted.settings, count=wanted.drawn, seed=wanted.seed)
    ]
    found = leaderboard(project, commit, results, wanted.metric, ran=0)
    keep_newest(project, found)
    clean = reporting.masked(found, Masker(secret_values(env)))
    document = leaderboard_document(project.config.model.name, clean)
    rendered = reporting.render_alone(document, commit=commit, metrics=dict(clean.cells[0].metrics))
    folder = project.state / "leaderboard"
    markdown, html = reporting.write_alone(rendered, folder, "leaderboard")
    if report_job is None:
        return Gathered(sweep=found, markdown=markdown, html=html)
    comment = publish_leaderboard(
        rendered,
        job=report_job,
        root=project.root,
        part=project.config.model.name,
        artifact=folder.resolve().relative_to(project.repo().root.resolve()).as_posix(),
        system=project.system,
        env=env,
        progress=progress,
    )
    return Gathered(sweep=found, markdown=markdown, html=html, comment=comment)


def _variables(axes: list[tuple[str, ...]] | tuple[tuple[str, ...], ...]) -> dict[str, tuple[str, ...]]:
    return {f"SET_{number}": axis for number, axis in enumerate(axes, start=1)}


def _check(cell: Cell) -> None:
    """Refuse what would not reach its job as it is: GitLab fills in variables in the values of variables."""
    text = ", ".join(cell)
    if "$" in text or "\n" in text:
        raise PipelineError(
            f"no variable of a job can carry {shlex.join(cell)}",
            hint="sweep over values without $ and line breaks",
        )
    if len(text) > LONGEST_NAME:
        raise PipelineError(
            f"the values of a cell are {len(text)} characters long, and its job is named after them",
            hint=f"use values that are shorter: {LONGEST_NAME} characters for all parameters of a cell",
        )


def _absent(cell: Cell, commit: str) -> SweepCell:
    why = "it gave nothing: its job was not run, or ended"
    return SweepCell(commit=commit, params=cell, metrics={}, seconds=0.0, error=why, absent=True)
