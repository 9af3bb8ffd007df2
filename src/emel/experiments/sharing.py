"""What DVC keeps of the present results: the files that another machine needs to have them without a run.

These are the outputs that dvc.lock names, by their digests, and the entry of each stage in DVC's run cache,
by which `dvc repro` finds outputs again that were made by the same command of the same inputs.
https://dvc.org/doc/user-guide/project-structure/internal-files
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from emel.errors import ResultsError
from emel.experiments import documents
from emel.experiments.dvc import Dvc
from emel.experiments.recording import LOCK, place

RUNS = ".dvc/cache/runs"
OBJECT = re.compile(r"\.dvc/cache/files/md5/([0-9a-f]{2})/([0-9a-f]{30})(?:\.dir)?")
ENTRY = re.compile(rf"{re.escape(RUNS)}/[0-9a-f]{{2}}/[0-9a-f]{{64}}/[0-9a-f]{{64}}")
RECORD = re.compile(r"(?:.+/)?\.emel/runs/[0-9a-f]{64}\.json")


def pack(dvc: Dvc, target: Path) -> int:
    """See Pipeline.pack_results."""
    files = _files(dvc)
    if files:
        with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
            for name in files:
                archive.add(dvc.repository / name, arcname=name, recursive=False)
    return len(files)


def adopt(dvc: Dvc, archive: Path) -> int:
    """See Pipeline.adopt_results."""
    # On the same disk, where a file can be put into its place by its name alone; Git ignores it there.
    near = dvc.repository / ".dvc" / "tmp"
    near.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="results-", dir=near) as scratch:
        names = _unpacked(archive, Path(scratch))
        for name in names:
            target = dvc.repository / name
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                (Path(scratch) / name).replace(target)
        return len(names)


def _unpacked(archive: Path, folder: Path) -> list[str]:
    """The names of the files, once all of them are in the folder and sound."""
    try:
        with tarfile.open(archive) as opened:
            names = [entry.name for entry in opened if entry.isreg() and _is_known(entry.name)]
            strange = set(opened.getnames()) - set(names)
            if strange:
                raise _refused(f"{min(strange)} is nothing that DVC keeps")
            opened.extractall(folder, filter="data")
    except tarfile.TarError as problem:
        raise _refused(f"the archive cannot be unpacked: {problem}") from problem
    for name in names:
        if (found := OBJECT.fullmatch(name)) and _md5(folder / name) != found[1] + found[2]:
            raise _refused(f"{name} is damaged")
    return names


def _files(dvc: Dvc) -> tuple[str, ...]:
    lock = dvc.root / LOCK
    if not lock.is_file():
        return ()
    entries = {file: _yaml(file) for file in sorted((dvc.repository / RUNS).glob("*/*/*"))}
    found: dict[Path, None] = {}
    for stage in ((_yaml(lock) or {}).get("stages") or {}).values():
        objects = list(_objects(dvc, stage))
        entry = next((file for file, content in entries.items() if content == stage), None)
        # A stage of which something is missing would run again all the same.
        if entry and all(file.is_file() for file in objects):
            found |= dict.fromkeys((entry, *objects))
    record = place(dvc.root, lock.read_bytes())
    if found and record.is_file():
        found[record.resolve()] = None
    return tuple(file.relative_to(dvc.repository).as_posix() for file in found)


def _objects(dvc: Dvc, stage: Mapping[str, Any]) -> Iterator[Path]:
    for out in stage.get("outs") or ():
        digest = str(out.get("md5", ""))
        file = dvc.cached(digest)
        yield file
        if digest.endswith(".dir") and file.is_file():
            yield from (dvc.cached(inner["md5"]) for inner in json.loads(file.read_bytes()))


def _is_known(name: str) -> bool:
    is_plain = name == posixpath.normpath(name) and not name.startswith("../")
    return is_plain and any(kind.fullmatch(name) for kind in (OBJECT, ENTRY, RECORD))


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _refused(why: str) -> ResultsError:
    return ResultsError(why, hint="delete the package: the next pipeline that trains makes it anew")


def _yaml(file: Path) -> Any:
    try:
        return documents.load_yaml(file.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
