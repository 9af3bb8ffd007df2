"""How long a fresh process takes to its first answer, beside a bare interpreter."""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path
from statistics import median

import msgspec

from emel.bundle.parity import mounts_in
from emel.errors import BundleError
from emel.records import Answers, ColdStart, Scalar
from emel.system.process import Process

CHILDREN = Path(__file__).with_name("children")
ROUNDS = {"sources": 3, "warm": 1}
"""The longer a process takes, the fewer rounds show how long; the warm one repeats by itself."""


def measure_cold_start(
    zip_path: Path,
    answers: Path,
    *,
    process: Process,
    rounds: int = 7,
    program: str = sys.executable,
    storage: Path | None = None,
) -> ColdStart:
    """Time whole processes in turn: a bare `python -I -S -c pass`, and the function with and without its
    byte-code.

    The function's process imports the handler, which opens the model, and answers one event with one row of
    `answers`. Each is timed by another process from its start to its end, and processor time is user plus
    system time of all its threads. Peak memory is what the process itself reads at its end. Medians of the
    rounds. A further process answers the same event over and over for the time of a warm call, and of the
    model's part in it. `program` is the interpreter of them all, `storage` the folder of the function's
    mounts where it has any. Errors: BundleError when one of them fails.
    """
    with tempfile.TemporaryDirectory(prefix="emel-") as name:
        folder = Path(name)
        with zipfile.ZipFile(zip_path) as archive:
            archive.extractall(folder / "function")
            sources = [name for name in archive.namelist() if not name.endswith(".pyc")]
            archive.extractall(folder / "sources", sources)
        commands = _commands(folder, answers, program)
        plan = [
            (name, command)
            for number in range(rounds)
            for name, command in commands.items()
            if number < ROUNDS.get(name, rounds)
        ]
        taken = _timed(plan, folder, zip_path, process, mounts_in(storage))
        call, row = map(float, (folder / "warm.seconds").read_text("ascii").split())
        return ColdStart(
            seconds=median(taken["function"][0]),
            cpu_seconds=median(taken["function"][1]),
            peak_rss_bytes=int(_number(folder / "function.memory")),
            warm_call_seconds=call,
            row_seconds=row,
            bare_interpreter_seconds=median(taken["bare"][0]),
            without_bytecode_cpu_seconds=median(taken["sources"][1]),
        )


def _commands(folder: Path, answers: Path, program: str) -> dict[str, list[str]]:
    given = msgspec.json.decode(answers.read_bytes(), type=Answers)
    row = json.dumps(dict(zip(given.columns, _typical_row(given), strict=True)))
    (folder / "row.json").write_text(row, encoding="utf-8")
    lean = [program, "-I", "-S"]
    return {
        "bare": [*lean, "-c", "pass"],
        "function": [
            *lean,
            str(CHILDREN / "answer_once.py"),
            str(folder / "function"),
            str(folder / "row.json"),
            str(folder / "function.memory"),
        ],
        "sources": [
            *lean,
            # Nor may it write any, or the second round would be faster.
            "-B",
            str(CHILDREN / "answer_once.py"),
            str(folder / "sources"),
            str(folder / "row.json"),
            str(folder / "sources.memory"),
        ],
        "warm": [
            *lean,
            str(CHILDREN / "answer_warm.py"),
            str(folder / "function"),
            str(folder / "row.json"),
            str(folder / "warm.seconds"),
        ],
    }


def _typical_row(given: Answers) -> tuple[Scalar, ...]:
    """A row of the sample without gaps; where there is none, of each column the first value that there is."""
    sample = given.rows[: given.sample_rows] or given.rows
    whole = next((row for row in sample if None not in row), None)
    return whole or tuple(
        next((value for value in column if value is not None), None) for column in zip(*sample, strict=True)
    )


def _timed(
    plan: list[tuple[str, list[str]]],
    folder: Path,
    zip_path: Path,
    process: Process,
    env: dict[str, str],
) -> dict[str, tuple[list[float], list[float]]]:
    """Seconds and processor seconds of all runs, by name."""
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    ended = process.run(
        [sys.executable, "-I", "-S", CHILDREN / "stopwatch.py", folder / "plan.json", folder / "taken.json"],
        env=env,
    )
    if ended.returncode:
        words = ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"]
        raise BundleError(
            f"the cold start cannot be measured: {words[-1]}",
            where=str(zip_path),
            hint="run that command by hand to see more",
        )
    taken: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name, _ in plan}
    for name, seconds, processor in json.loads((folder / "taken.json").read_bytes()):
        taken[name][0].append(seconds)
        taken[name][1].append(processor)
    return taken


def _number(file: Path) -> float:
    return float(file.read_text(encoding="ascii"))
