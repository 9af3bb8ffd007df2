"""Run the pipeline for many combinations of parameters, each in a copy of its own, and order the results."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from emel.errors import PipelineError, ResultsError
from emel.experiments import cells
from emel.gitrepo import GitRepo
from emel.records import Sweep, SweepCell
from emel.secrets import Masker, secret_values
from emel.system.process import StoppableProcess
from emel.workflows.cells import Bench, copied, open_bench, run_copy
from emel.workflows.leaderboard import Cell, Kept, keep_newest, kept_of, leaderboard
from emel.workflows.project import Progress, Project

LAST_LINES = 20


def sweep(
    project: Project,
    settings: Sequence[str],
    *,
    process: StoppableProcess,
    count: int | None = None,
    seed: int = 0,
    jobs: int,
    metric: str | None = None,
    progress: Progress,
) -> Sweep:
    """Run HEAD's pipeline for each combination of the `settings` (`name=value,value`), `jobs` at a time.

    With `count` so many combinations are drawn at random. The working tree, the index and the branches stay
    as they are; changes that are not committed are not in the copies. What a cell gave is kept in
    .emel/sweeps, so a sweep that was interrupted goes on where it stopped; a cell that failed runs again.

    Errors: PipelineError for settings that the pipeline does not know; ResultsError for a metric that no cell
    has, or whose direction nobody knows. A stage that fails is no error here: it stands in the cell.
    """
    wanted = cells(settings, count=count, seed=seed)
    repo = GitRepo.discover(project.root, process)
    commit = repo.head()
    if repo.changes():
        progress.step(f"sweeping over the commit {commit[:8]}: changes that are not committed do not count")
    kept = kept_of(project, commit)
    known = {cell: kept.read(cell) for cell in wanted}
    done = {cell: found for cell, found in known.items() if found and found.error is None}
    waiting = [cell for cell in wanted if cell not in done]
    if waiting:
        with open_bench(project, process, commit) as bench:
            progress.step(
                f"running {len(waiting)} of {len(wanted)} cells, {min(jobs, len(waiting))} at a time"
            )
            done |= run_cells(waiting, lambda cell: _run(bench, cell, kept), process, jobs, progress)
    found = leaderboard(project, commit, [done[cell] for cell in wanted], metric, ran=len(waiting))
    keep_newest(project, found)
    return found


def run_cells(
    waiting: Sequence[Cell],
    run: Callable[[Cell], SweepCell],
    process: StoppableProcess,
    jobs: int,
    progress: Progress,
) -> dict[Cell, SweepCell]:
    """Run the cells in `jobs` threads. On any exception, Ctrl-C too, no program of theirs is left."""
    done: dict[Cell, SweepCell] = {}
    with ThreadPoolExecutor(jobs) as pool:
        try:
            futures = {pool.submit(run, cell): cell for cell in waiting}
            for future in as_completed(futures):
                cell = futures[future]
                done[cell] = future.result()
                outcome = "failed" if done[cell].error else f"{done[cell].seconds:.1f} s"
                progress.step(f"{len(done)} of {len(waiting)}: {' '.join(cell)}: {outcome}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            process.end_all()
            raise
    return done


def _run(bench: Bench, cell: Cell, kept: Kept) -> SweepCell:
    """One cell from its copy to its result, which is kept."""
    system = bench.project.system
    lines: deque[str] = deque(maxlen=LAST_LINES)
    # All cells set the same parameters: what is wrong with one is wrong with the sweep.
    with copied(bench, cell) as pipeline:
        started = system.clock.monotonic()
        try:
            made, snapshot = run_copy(bench, pipeline, on_line=lines.append)
            found = SweepCell(
                commit=bench.commit, params=cell, metrics=snapshot.metrics, seconds=made.seconds
            )
        except (PipelineError, ResultsError) as problem:
            mask = Masker(secret_values(system.env))
            found = SweepCell(
                commit=bench.commit,
                params=cell,
                metrics={},
                seconds=system.clock.monotonic() - started,
                error=mask(str(problem)),
                output=tuple(mask(line) for line in lines),
            )
    kept.write(cell, found)
    return found
