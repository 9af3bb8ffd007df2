"""What a run was made with: libraries, machine, seeds, time. Kept in .emel/runs.

A record's file is named after the digest of the dvc.lock that the run left, which is what its results are
known by: so it is found again at every revision that has the same results, and after a checkout.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec
import yaml

from emel.experiments.dvc import Dvc
from emel.experiments.params import SEEDS
from emel.experiments.reading import WORKSPACE
from emel.gitrepo import GitRepo
from emel.records import PipelineRun, Revision, RunRecord, Scalar, from_json, to_json
from emel.system.files import write_atomic
from emel.system.process import Process

LOCK = "dvc.lock"
LIBRARIES = (
    "import importlib.metadata as m, json, platform; "
    "print(json.dumps([platform.python_version(), {d.name: d.version for d in m.distributions() if d.name}]))"
)


def write(dvc: Dvc, run: PipelineRun, started: datetime) -> None:
    """See Pipeline.record."""
    ran = tuple(stage.name for stage in run.stages if stage.outcome == "ran")
    lock = dvc.root / LOCK
    if not ran or not lock.is_file():
        return
    python, libraries = json.loads(dvc.python(LIBRARIES))
    record = RunRecord(
        started=started.isoformat(timespec="seconds"),
        seconds=run.seconds,
        ran=ran,
        python=python,
        system=f"{platform.system()}-{platform.release()}-{platform.machine()}",
        cores=os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        libraries=libraries,
        seeds=_seeds(lock.read_text("utf-8")),
    )
    write_atomic(_place(dvc.root, lock.read_bytes()), to_json(record))


def read(dvc: Dvc, process: Process, revision: Revision) -> RunRecord | None:
    """See Pipeline.recorded."""
    lock = contents(dvc, process, revision, LOCK)
    file = _place(dvc.root, lock) if lock is not None else None
    if file is None or not file.is_file():
        return None
    try:
        return from_json(file.read_bytes(), RunRecord)
    except msgspec.MsgspecError:
        # Another version of emel wrote it, or a disk was full.
        return None


def contents(dvc: Dvc, process: Process, revision: Revision, name: str) -> bytes | None:
    """A file beside dvc.yaml that Git keeps, at a revision; None when it is not there."""
    if revision.label == WORKSPACE:
        file = dvc.root / name
        return file.read_bytes() if file.is_file() else None
    repo = GitRepo.discover(dvc.root, process)
    inside = (dvc.root.resolve() / name).relative_to(repo.root.resolve())
    return repo.read(revision.commit, inside.as_posix())


def _place(root: Path, lock: bytes) -> Path:
    return root / ".emel" / "runs" / f"{hashlib.sha256(lock).hexdigest()}.json"


def _seeds(lock: str) -> dict[str, Scalar]:
    """The parameters of all stages that are named as a seed, as dvc.lock has them."""
    found: dict[str, Scalar] = {}
    stages = (yaml.safe_load(lock) or {}).get("stages") or {}
    for stage in stages.values():
        for values in (stage.get("params") or {}).values():
            _collect(values, "", found)
    return found


def _collect(values: object, name: str, found: dict[str, Scalar]) -> None:
    if isinstance(values, Mapping):
        for part, inner in values.items():
            _collect(inner, f"{name}.{part}" if name else str(part), found)
    elif name.rpartition(".")[2] in SEEDS and isinstance(values, (int, float, str)):
        found[name] = values
