"""Run the pipeline for many combinations of parameters, each in a copy of its own, and order the results."""

from __future__ import annotations

import hashlib
import json
import math
import shlex
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from msgspec import DecodeError

from emel import compare as comparing
from emel.errors import PipelineError, ResultsError
from emel.experiments import cells
from emel.gitrepo import GitRepo
from emel.records import Direction, Scalar, Sweep, SweepCell, from_json, to_json
from emel.secrets import Masker, secret_values
from emel.system.files import write_atomic
from emel.system.process import StoppableProcess
from emel.workflows.cells import Bench, copied, open_bench, run_copy
from emel.workflows.project import Progress, Project

LAST_LINES = 20

Cell = tuple[str, ...]


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
    kept = project.claim_state() / "sweeps"
    done = {cell: found for cell in wanted if (found := _kept(kept, commit, cell))}
    waiting = [cell for cell in wanted if cell not in done]
    if waiting:
        with open_bench(project, process, commit) as bench:
            progress.step(
                f"running {len(waiting)} of {len(wanted)} cells, {min(jobs, len(waiting))} at a time"
            )
            done |= run_cells(waiting, lambda cell: _run(bench, cell, kept), process, jobs, progress)
    return leaderboard(project, commit, [done[cell] for cell in wanted], metric, ran=len(waiting))


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


def leaderboard(
    project: Project, commit: str, results: Sequence[SweepCell], metric: str | None, *, ran: int
) -> Sweep:
    """The cells, the best first. Errors: ResultsError; see `sweep`."""
    succeeded = [cell for cell in results if cell.error is None]
    name, direction = _metric(project, succeeded, metric) if succeeded else (None, None)

    def place(cell: SweepCell) -> tuple[bool, bool, float]:
        value = _number(cell.metrics.get(name)) if name else None
        signed = 0.0 if value is None else -value if direction == "higher" else value
        return cell.error is not None, value is None, signed

    ordered = tuple(sorted(results, key=place))
    best = ordered[0] if name and _number(ordered[0].metrics.get(name)) is not None else None
    words = ["emel", "run", *(word for param in (best.params if best else ()) for word in ("--set", param))]
    return Sweep(
        commit=commit,
        metric=name,
        direction=direction,
        cells=ordered,
        ran=ran,
        apply=shlex.join(words) if best else None,
    )


def _run(bench: Bench, cell: Cell, kept: Path) -> SweepCell:
    """One cell from its copy to its result, which is kept unless it failed."""
    system = bench.project.system
    lines: deque[str] = deque(maxlen=LAST_LINES)
    # All cells set the same parameters: what is wrong with one is wrong with the sweep.
    with copied(bench, cell) as pipeline:
        started = system.clock.monotonic()
        try:
            made, snapshot = run_copy(bench, pipeline, on_line=lines.append)
        except (PipelineError, ResultsError) as problem:
            mask = Masker(secret_values(system.env))
            return SweepCell(
                commit=bench.commit,
                params=cell,
                metrics={},
                seconds=system.clock.monotonic() - started,
                error=mask(str(problem)),
                output=tuple(mask(line) for line in lines),
            )
    found = SweepCell(commit=bench.commit, params=cell, metrics=snapshot.metrics, seconds=made.seconds)
    write_atomic(_file(kept, bench.commit, cell), to_json(found))
    return found


def _file(kept: Path, commit: str, cell: Cell) -> Path:
    digest = hashlib.sha256(json.dumps([commit, sorted(cell)]).encode()).hexdigest()
    return kept / f"{digest[:32]}.json"


def _kept(kept: Path, commit: str, cell: Cell) -> SweepCell | None:
    """What the cell gave before; None also for what another version of emel kept in another form."""
    try:
        return from_json(_file(kept, commit, cell).read_bytes(), SweepCell)
    except (FileNotFoundError, DecodeError):
        return None


def _metric(project: Project, succeeded: Sequence[SweepCell], wanted: str | None) -> tuple[str, Direction]:
    """The metric to order by: the one that is wanted, the first of the gate, or the first whose direction is
    known."""
    known = list(dict.fromkeys(name for cell in succeeded for name in cell.metrics))
    listed = f"there are: {', '.join(known) or 'none'}"
    fitting = [name for name in known if wanted in (name, name.rpartition(".")[2])]
    if wanted is not None and wanted not in known and len(fitting) != 1:
        what = "is the last part of several metrics" if fitting else "is no metric of any cell"
        raise ResultsError(f"`{wanted}` {what}", hint=listed)
    if wanted is not None:
        chosen = [wanted if wanted in known else fitting[0]]
    else:
        chosen = [*(name for name in project.config.gate if name in known), *known]
    for name in chosen:
        direction = comparing.direction_of(name, project.config.metrics)
        if direction is not None:
            return name, direction
    raise ResultsError(
        f"nobody says which way {f'`{chosen[0]}`' if wanted else 'any metric'} gets better",
        hint=f'say it in emel.toml, [metrics]: {json.dumps(chosen[0] if chosen else "name")} = "higher" '
        f'or "lower"; {listed}',
    )


def _number(value: Scalar) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
