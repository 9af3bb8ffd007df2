"""`dvc repro`, and what it says of each stage."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Literal

from emel.errors import EmelError, PipelineError
from emel.experiments.dvc import FILE, Dvc, explain
from emel.records import PipelineRun, StageRun
from emel.system.process import Completed, OnLine

Outcome = Literal["ran", "unchanged", "restored"]

# What DVC 3 writes to stdout, one line a stage (dvc/stage/run.py, dvc/stage/__init__.py, dvc/stage/cache.py).
BEGUN = re.compile(r"^Running stage '(.+)':$")
SAYINGS: tuple[tuple[re.Pattern[str], Outcome], ...] = (
    (BEGUN, "ran"),
    (re.compile(r"^Stage '(.+)' didn't change, skipping$"), "unchanged"),
    (re.compile(r"^Stage '(.+)' is cached - skipping run, checking out outputs$"), "restored"),
)
FAILED = re.compile(r"^ERROR: failed to reproduce '(.+?)': (.+)$", re.MULTILINE)
COMMAND_FAILED = re.compile(r"^failed to run: (.+), exited with (-?\d+)$")


def run(
    dvc: Dvc,
    *,
    stages: Sequence[str],
    force: bool,
    commit: bool,
    on_line: OnLine | None,
    on_stage: Callable[[str], None] | None,
) -> PipelineRun:
    """Run the pipeline; see Pipeline.run."""

    def watch(line: str) -> None:
        if on_stage and (begun := BEGUN.match(line)):
            on_stage(begun[1])
        if on_line:
            on_line(line)

    started = time.monotonic()
    options = [*(["--force"] if force else []), *([] if commit else ["--no-commit"])]
    done = dvc.run("repro", *options, "--", *stages, on_line=watch)
    if done.returncode != 0:
        raise _failure(done)
    return PipelineRun(stages=outcomes(done.stdout), seconds=time.monotonic() - started)


def outcomes(output: str) -> tuple[StageRun, ...]:
    """What became of each stage, in the order of the run."""
    found: dict[str, StageRun] = {}
    for line in output.splitlines():
        for pattern, outcome in SAYINGS:
            match = pattern.match(line)
            if match:
                found[match[1]] = StageRun(name=match[1], outcome=outcome)
    return tuple(found.values())


def _failure(done: Completed) -> EmelError:
    stage = FAILED.search(done.stderr)
    if not stage:
        return explain(done, "dvc repro")
    command = COMMAND_FAILED.match(stage[2])
    if not command:
        return PipelineError(f"stage `{stage[1]}` cannot run: {stage[2]}", where=FILE)
    return PipelineError(
        f"stage `{stage[1]}` failed: `{command[1]}` ended with exit status {command[2]}",
        where=FILE,
        hint="mend what the stage wrote above, then run again: stages that succeeded are not repeated",
    )
