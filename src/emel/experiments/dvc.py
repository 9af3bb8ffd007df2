"""The `dvc` program: which one, how it is started, and what its errors mean."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from emel.errors import EmelError, MissingExtraError, PipelineError, ResultsError
from emel.system.process import Completed, OnLine, Process

FILE = "dvc.yaml"


class Dvc:
    """Runs `dvc` in the folder of a `dvc.yaml`.

    The one beside emel's own Python comes first, and its folder then leads PATH: with `emel[all]` in the
    environment where the project trains, the `python train.py` of a stage is that environment's Python.
    """

    def __init__(self, root: Path, process: Process) -> None:
        self.root = root
        self.process = process

    @property
    def repository(self) -> Path:
        """The folder of `.dvc`: `root`, or the nearest one above that has it."""
        around = self.root.resolve()
        return next((folder for folder in (around, *around.parents) if (folder / ".dvc").is_dir()), around)

    def own_path(self, path: str) -> str | None:
        """A path that DVC tells relative to the repository, relative to `root`.

        None for one of another project in the repository: neither below `root` nor named in its dvc.yaml.
        """
        inside = Path(os.path.relpath(self.repository / path, self.root.resolve())).as_posix()
        if inside.startswith("../") and inside not in (self.root / FILE).read_text("utf-8"):
            return None
        return inside

    def cached(self, digest: str) -> Path:
        """Where DVC's own cache would hold the file with this MD5 digest.

        https://dvc.org/doc/user-guide/project-structure/internal-files
        """
        return self.repository / ".dvc/cache/files/md5" / digest[:2] / digest[2:]

    def run(self, *arguments: str, on_line: OnLine | None = None) -> Completed:
        """Run a command of DVC to its end, whatever its exit status.

        Errors: PipelineError without a `dvc.yaml`, MissingExtraError without a `dvc`.
        """
        if not (self.root / FILE).is_file():
            raise PipelineError(
                f"there is no {FILE}, so there is no pipeline to run or to read",
                where=str(self.root),
                hint="describe your training script as a stage: "
                "dvc stage add --name train --outs model.joblib python train.py",
            )
        executable, path = program(Path(sys.executable), os.environ.get("PATH", os.defpath))
        # DVC must not send statistics, nor leave a process behind that asks for newer versions of it: with
        # DVC_DAEMON it takes itself for such a process and starts none (dvc/daemon.py). Python stages must
        # not keep their lines to themselves.
        env = {"PATH": path, "DVC_NO_ANALYTICS": "1", "DVC_DAEMON": "1", "PYTHONUNBUFFERED": "1"}
        return self.process.run([executable, *arguments], cwd=self.root, env=env, on_line=on_line)

    def python(self, code: str) -> str:
        """What a line of Python prints, run by the `python` that stages get."""
        _, path = program(Path(sys.executable), os.environ.get("PATH", os.defpath))
        found = shutil.which("python", path=path) or sys.executable
        return self.process.run([found, "-c", code], cwd=self.root, env={"PATH": path}).stdout

    def json(self, *arguments: str) -> Any:
        """Run a command of DVC and parse the JSON that it prints.

        Errors: what `explain` says, or ResultsError when what it prints is no JSON.
        """
        done = self.run(*arguments)
        if done.returncode != 0:
            raise explain(done, f"dvc {arguments[0]}")
        try:
            return json.loads(done.stdout)
        except json.JSONDecodeError as problem:
            raise ResultsError(
                f"dvc {' '.join(arguments[:2])} printed something else than JSON: {done.stdout[:200]!r}",
                hint="update DVC: pip install --upgrade dvc",
            ) from problem


def explain(done: Completed, command: str) -> EmelError:
    """The error that a failed command of DVC means, in DVC's own words where there is no better."""
    said = done.stderr.strip()
    if "not inside of a DVC repository" in said:
        return PipelineError(
            "DVC is not set up in this repository", hint="run `dvc init`, and commit what it adds"
        )
    broken = re.search(r"^'(?:\./)?(.+?)' (?:is invalid|validation failed)", said, re.MULTILINE)
    if broken:
        line = re.search(r"\bline (\d+)", said)
        where = f"{broken[1]}:{line[1]}" if line else broken[1]
        return PipelineError(said, where=where, hint=f"mend {broken[1]}")
    if "Unable to acquire lock" in said or "is busy" in said:
        return PipelineError(
            "another DVC process is at work in this repository",
            hint="wait until it has ended, or end it, then try again",
        )
    words = re.findall(r"^ERROR: (.+)$", said, re.MULTILINE)
    text = "; ".join(words) or said or f"exit status {done.returncode}"
    return PipelineError(f"{command}: {text}")


def program(python: Path, path: str) -> tuple[Path, str]:
    """The `dvc` to run and the PATH to run it with: the one beside that Python, or else the first on `path`.

    Errors: MissingExtraError when there is none.
    """
    beside = python.parent / "dvc"
    if beside.is_file():
        return beside, f"{python.parent}{os.pathsep}{path}"
    found = shutil.which("dvc", path=path)
    if found:
        return Path(found), path
    raise MissingExtraError(
        "there is no `dvc` program, which runs and reads pipelines",
        hint="install it: pip install 'emel[train]'",
    )
