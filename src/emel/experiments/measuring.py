"""How large a data file is, and what is in it: rows, columns, files of a folder. Only what is at hand."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from emel.experiments.dvc import Dvc
from emel.experiments.tree import WORKSPACE
from emel.gitrepo import GitRepo
from emel.records import DataFacts, Revision
from emel.system.process import Process

LARGEST = 100_000_000
"""Bytes of a table whose rows are counted: about a second. Larger ones have a size alone."""
SEPARATORS = {".csv": ",", ".tsv": "\t"}


def measure(
    dvc: Dvc, process: Process, path: str, digest: str | None, revision: Revision
) -> DataFacts | None:
    """See Pipeline.measure."""
    if digest is None:
        return None
    found = _in_cache(dvc, digest)
    if found is None and revision.label == WORKSPACE:
        found = dvc.root / path
    if found is not None and found.is_file():
        return _facts(path, found)
    folder = _in_cache(dvc, f"{digest}.dir")
    if folder is not None and folder.is_file():
        return DataFacts(files=len(json.loads(folder.read_bytes())))
    repo = GitRepo.discover(dvc.root, process)
    inside = (dvc.root.resolve() / path).relative_to(repo.root.resolve())
    data = repo.read(revision.commit, inside.as_posix())
    return None if data is None else _counted(path, len(data), io.BytesIO(data))


def _in_cache(dvc: Dvc, digest: str) -> Path | None:
    file = dvc.cached(digest.removeprefix("md5:"))
    return file if file.is_file() else None


def _facts(path: str, file: Path) -> DataFacts:
    with file.open("rb") as opened:
        return _counted(path, file.stat().st_size, opened)


def _counted(path: str, size: int, data: BinaryIO) -> DataFacts:
    suffix = PurePosixPath(path).suffix.lower()
    if size > LARGEST or suffix not in {*SEPARATORS, ".jsonl", ".ndjson"}:
        return DataFacts(bytes=size)
    if suffix not in SEPARATORS:
        return DataFacts(bytes=size, rows=sum(1 for line in data if line.strip()))
    text = io.TextIOWrapper(data, "utf-8-sig", "replace", newline="")
    try:
        rows = (row for row in csv.reader(text, delimiter=SEPARATORS[suffix]) if row)
        return _table(size, rows)
    except csv.Error:
        # A field without an end: not a table that could be counted.
        return DataFacts(bytes=size)
    finally:
        text.detach()


def _table(size: int, rows: Iterator[list[str]]) -> DataFacts:
    header = next(rows, None)
    if header is None:
        return DataFacts(bytes=size, rows=0)
    return DataFacts(bytes=size, rows=sum(1 for _ in rows), columns=tuple(header))
