"""The worker, started in the project's own interpreter, given a task and listened to."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import emel
import emel_runtime
from emel import errors
from emel.errors import EmelError, ModelError
from emel.models import worker
from emel.system.process import Process

TIMEOUT = 600.0


class Child:
    """Runs the worker's tasks. `python` is an interpreter (3.11 or newer) that needs nothing of emel.

    `workdir` is where the worker writes; `folders` are where the user's own modules may lie.
    """

    def __init__(self, process: Process, python: Path, workdir: Path, folders: Sequence[Path]) -> None:
        self._process = process
        self._python = python
        self._workdir = workdir
        self._folders = folders

    def run(self, task: dict[str, Any], *, model: Path, sample: Path) -> dict[str, Any]:
        """What the worker makes of a task about a model and its sample, where its errors are.

        Errors: those that the worker reports; ModelError when it does not come to its end.
        """
        result = self._workdir / "result.json"
        result.unlink(missing_ok=True)
        common = {
            "output": str(self._workdir.absolute()),
            "folders": [str(folder.absolute()) for folder in self._folders],
        }
        with tempfile.TemporaryDirectory(prefix="emel-") as folder:
            # The project's environment has its libraries, not emel's: it gets these two packages and no more.
            for package in (emel, emel_runtime):
                (Path(folder) / package.__name__).symlink_to(Path(package.__path__[0]))
            try:
                ended = self._process.run(
                    [self._python, "-P", worker.__file__],
                    env={"PYTHONPATH": folder, "OPENBLAS_NUM_THREADS": "1"},
                    stdin=json.dumps({**task, **common}).encode(),
                    timeout=TIMEOUT,
                )
            except FileNotFoundError:
                raise ModelError(
                    "there is no such interpreter", where=str(self._python), hint="check the path to Python"
                ) from None
            except TimeoutError as problem:
                raise ModelError(
                    f"reading the model takes too long: {problem}",
                    where=str(model),
                    hint="take a smaller sample, or a smaller model",
                ) from problem
        if not result.is_file():
            words = ended.stderr.strip().splitlines() or [f"exit status {ended.returncode}"]
            raise ModelError(
                f"the process that reads the model ended early: {words[-1]}",
                where=str(model),
                hint=f"load the model with {self._python} by hand to see more",
            )
        answer: dict[str, Any] = json.loads(result.read_bytes())
        result.unlink()
        if "error" in answer:
            raise _error(answer["error"], model, sample)
        return answer


def _error(told: dict[str, Any], model: Path, sample: Path) -> EmelError:
    """The worker's error as one of ours; it names its file unless it knows a better place."""
    kind: type[EmelError] = getattr(errors, told["kind"])
    file = sample if issubclass(kind, errors.SampleError) else model
    place = f"{file}, {told['where']}" if told["where"] else str(file)
    return kind(told["message"], where=place, hint=told["hint"])
