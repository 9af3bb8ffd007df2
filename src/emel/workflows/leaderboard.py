"""What the cells of a sweep gave: kept as files, and put in order."""

from __future__ import annotations

import hashlib
import json
import math
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import DecodeError

from emel import compare as comparing
from emel.errors import ResultsError
from emel.records import Direction, Revision, Scalar, Sweep, SweepCell, from_json, to_json
from emel.system.files import write_atomic
from emel.workflows.project import Project

Cell = tuple[str, ...]
"""Assignments of parameters, as `emel run --set` takes them."""

CELLS = "sweeps"
NEWEST = "leaderboard/sweep.json"
"""Not beside the cells: a pipeline gathers those of many jobs in one folder."""


class Kept(NamedTuple):
    """What cells gave, in .emel/sweeps. A commit with the same inputs finds it again."""

    folder: Path
    inputs: str
    """The digest of what the pipeline reads."""

    def read(self, cell: Cell) -> SweepCell | None:
        """What the cell gave, or why it failed; None also for what another emel kept in another form."""
        try:
            return from_json(self._file(cell).read_bytes(), SweepCell)
        except (FileNotFoundError, DecodeError):
            return None

    def write(self, cell: Cell, found: SweepCell) -> None:
        """Keep it, in the place of what the cell gave before."""
        write_atomic(self._file(cell), to_json(found))

    def _file(self, cell: Cell) -> Path:
        digest = hashlib.sha256(json.dumps([self.inputs, sorted(cell)]).encode()).hexdigest()
        return self.folder / f"{digest[:32]}.json"


def kept_of(project: Project, commit: str) -> Kept:
    """What is kept of a commit's cells."""
    return Kept(project.claim_state() / CELLS, project.pipeline().inputs_digest(commit))


def keep_newest(project: Project, found: Sweep) -> None:
    """Note a leaderboard for the reports of its commit."""
    write_atomic(project.claim_state() / NEWEST, to_json(found))


def newest_of(project: Project, revision: Revision) -> Sweep | None:
    """The newest leaderboard, if it is of this revision's commit."""
    try:
        found = from_json((project.state / NEWEST).read_bytes(), Sweep)
    except (FileNotFoundError, DecodeError):
        return None
    return found if found.commit == revision.commit else None


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
