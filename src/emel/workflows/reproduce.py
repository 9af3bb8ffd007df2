"""Make a version of the model again from its commit, and hold it against what the commit recorded."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from emel import registry
from emel.bundle import open_manifest
from emel.errors import MissingExtraError, RegistryError
from emel.experiments import Pipeline
from emel.records import ModelVersion, Moved, Reproduction, Revision, Scalar, Snapshot
from emel.system.process import Completed, OnLine, Process
from emel.workflows.project import Progress, Project
from emel.workflows.revisions import WORKSPACE
from emel.workflows.versions import bundle_at_hand, manifest_of, revision_of

LOCKS = ("uv.lock", "requirements.lock", "requirements.txt")
"""Where a project's libraries are locked, in the order of trust, after `[ci] requirements`."""
SEEDS = ("seed", "random_state")
ASK_VERSIONS = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = version(name)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""


class Environment(NamedTuple):
    """Where the pipeline runs."""

    label: str
    python: Path
    process: Process


def reproduce(
    project: Project,
    text: str | None,
    *,
    here: bool = False,
    tolerance: float = 1e-6,
    env: Mapping[str, str],
    progress: Progress,
) -> Reproduction:
    """Run the pipeline of a version (default: the newest) again, in a clean copy of its commit.

    The environment is made of the project's lock, or is the present one (`here`). Data come by their
    digests. Nothing of the project is changed, DVC's cache included. A metric is the same when it is within
    `tolerance` of what was recorded, relative to it where it is greater than 1.

    Errors: RegistryError for an unknown version, or without a lock; PipelineError when a stage fails;
    ResultsError when data are missing.
    """
    repo = project.repo()
    version = registry.find_version(repo, project.config.model.name, text)
    started = project.system.clock.monotonic()
    with tempfile.TemporaryDirectory(prefix="emel-") as folder:
        progress.step(f"checking {version.tag} out into a clean folder")
        copy = repo.copy_at(version.commit, Path(folder) / "repository")
        root = copy.root / project.root.resolve().relative_to(repo.root.resolve())
        environment = _here(project) if here else _locked(project, root, Path(folder) / "venv", progress)
        recorded = project.pipeline().snapshot(revision_of(version))
        libraries = _recorded_libraries(project, version, env, progress)
        pipeline = Pipeline(root, environment.process)
        progress.step("fetching the data by their digests")
        pipeline.restore_inputs(project.root)
        progress.step("running the pipeline")
        pipeline.run(force=True, on_line=progress.line)
        made = pipeline.snapshot(Revision(label=WORKSPACE, commit=version.commit, changes=("dvc.lock",)))
        present = _versions(environment, sorted(libraries or {}))
    return judge(
        version,
        recorded,
        made,
        libraries=libraries,
        present=present,
        tolerance=tolerance,
        environment=environment.label,
        seconds=project.system.clock.monotonic() - started,
    )


def judge(
    version: ModelVersion,
    recorded: Snapshot,
    made: Snapshot,
    *,
    libraries: Mapping[str, str] | None,
    present: Mapping[str, str],
    tolerance: float,
    environment: str,
    seconds: float,
) -> Reproduction:
    """What a run gave beside what was recorded. `libraries` are those that made the version, None where they
    are not known; `present` those of the run."""
    moved = _moved(recorded.metrics, made.metrics)
    beyond = tuple(item for item in moved if not _is_close(item, tolerance))
    files = _moved(recorded.data, made.data)
    other = _moved(libraries or {}, present)
    same = not moved and not files
    return Reproduction(
        version=version,
        outcome="bit-equal" if same else "different" if beyond else "within-tolerance",
        environment=environment,
        tolerance=tolerance,
        metrics=beyond,
        metrics_within=tuple(item for item in moved if item not in beyond),
        files=files,
        libraries=other,
        reasons=() if same else _reasons(recorded, made, libraries, other),
        seconds=seconds,
    )


class _WithPath:
    """A process whose programs find those of a folder first."""

    def __init__(self, process: Process, folder: Path) -> None:
        self._process = process
        self._folder = folder

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        timeout: float | None = None,
        on_line: OnLine | None = None,
    ) -> Completed:
        given = dict(env or {})
        path = given.get("PATH") or os.environ.get("PATH", os.defpath)
        given |= {"PATH": f"{self._folder}{os.pathsep}{path}", "VIRTUAL_ENV": str(self._folder.parent)}
        return self._process.run(command, cwd=cwd, env=given, stdin=stdin, timeout=timeout, on_line=on_line)


def _here(project: Project) -> Environment:
    """The environment that `python` of a stage means without more: emel's own, if DVC is in it."""
    beside = Path(sys.executable)
    found = beside if (beside.parent / "dvc").is_file() else Path(shutil.which("python") or beside)
    return Environment(f"the present one, {found}", found, project.system.process)


def _locked(project: Project, root: Path, venv: Path, progress: Progress) -> Environment:
    """A new environment made of the lock as the commit has it. Errors: RegistryError, MissingExtraError."""
    named = (project.config.ci.requirements, *LOCKS)
    lock = next((name for name in named if name and (root / name).is_file()), None)
    if lock is None:
        raise RegistryError(
            f"the commit has no lock of its libraries: {', '.join(name for name in named if name)}",
            where=str(project.root),
            hint="add one for the next versions (uv pip freeze > requirements.txt), or use --here now",
        )
    progress.step(f"making an environment of {lock}")
    python = venv / "bin" / "python"
    if lock == "uv.lock":
        commands = [["sync", "--frozen", "--no-dev", "--quiet"]]
    else:
        commands = [
            ["venv", "--quiet", str(venv)],
            ["pip", "install", "--quiet", "--python", str(python), "--requirement", lock],
        ]
    for command in commands:
        _uv(project, root, venv, command)
    return Environment(f"a new one of {lock}", python, _WithPath(project.system.process, python.parent))


def _uv(project: Project, root: Path, venv: Path, command: Sequence[str]) -> None:
    if importlib.util.find_spec("uv") is None:
        raise MissingExtraError(
            "making an environment of a lock needs uv", hint="install it: pip install uv; or use --here"
        )
    done = project.system.process.run(
        [sys.executable, "-m", "uv", *command], cwd=root, env={"UV_PROJECT_ENVIRONMENT": str(venv)}
    )
    if done.returncode != 0:
        raise RegistryError(
            f"the locked environment cannot be made: uv {command[0]}: {done.stderr.strip()}",
            hint="mend the lock, or use --here",
        )


def _recorded_libraries(
    project: Project, version: ModelVersion, env: Mapping[str, str], progress: Progress
) -> Mapping[str, str] | None:
    """The libraries that made the version: of its bundle, its release, or of the run if it was here.

    None where nothing is known.
    """
    bundle = bundle_at_hand(project, version)
    if bundle is not None:
        libraries: Mapping[str, str] = open_manifest(bundle.path)["libraries"]
        return libraries
    manifest = manifest_of(project, version, env=env, progress=progress)
    if manifest is not None:
        return manifest.libraries
    run = project.pipeline().recorded(revision_of(version))
    return run.libraries if run else None


def _versions(environment: Environment, names: Sequence[str]) -> dict[str, str]:
    done = environment.process.run([environment.python, "-I", "-c", ASK_VERSIONS, *names])
    found: dict[str, str] = json.loads(done.stdout) if done.returncode == 0 else {}
    return found


def _moved(before: Mapping[str, Scalar], after: Mapping[str, Scalar]) -> tuple[Moved, ...]:
    return tuple(
        Moved(name=name, before=before.get(name), after=after.get(name))
        for name in sorted(before.keys() | after.keys())
        if not _same(before.get(name), after.get(name))
    )


def _same(before: Scalar, after: Scalar) -> bool:
    both_nan = all(isinstance(value, float) and math.isnan(value) for value in (before, after))
    return before == after or both_nan


def _is_close(item: Moved, tolerance: float) -> bool:
    numbers = (item.before, item.after)
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in numbers):
        return False
    before, after = (float(value) for value in numbers if value is not None)
    return abs(after - before) <= tolerance * max(1.0, abs(before))


def _reasons(
    recorded: Snapshot,
    made: Snapshot,
    libraries: Mapping[str, str] | None,
    other: Sequence[Moved],
) -> tuple[str, ...]:
    found = []
    if libraries is None:
        found.append("the libraries that made it are not known: neither bundle, release nor run is at hand")
    elif other:
        listed = ", ".join(f"{item.name} {item.before} → {item.after or 'absent'}" for item in other)
        found.append(f"other versions of the libraries: {listed}")
    params = _moved(recorded.params, made.params)
    if params:
        found.append(f"other parameters: {', '.join(item.name for item in params)}")
    if not any(seed in name.lower() for name in recorded.params for seed in SEEDS):
        found.append("no parameter is named like a seed, so what is drawn at random may differ each time")
    if not found:
        found.append(
            "libraries, data and parameters are the same: what is left is randomness that the seed does not "
            "rule, the order of threads, or another processor"
        )
    return tuple(found)
