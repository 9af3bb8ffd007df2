"""Metrics of the past, from Git alone: the files of metrics at each commit that changed them.

DVC is not asked: it would take its second to start, and some tens of milliseconds more for every commit.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from emel.experiments.dvc import Dvc
from emel.experiments.reading import flat_values
from emel.gitrepo import GitRepo
from emel.records import Revision, Snapshot
from emel.system.process import Process

LONGEST = 500
"""Commits that are looked at, the newest first."""


def past(dvc: Dvc, process: Process, files: Sequence[str], tips: Sequence[str]) -> tuple[Snapshot, ...]:
    """See Pipeline.past."""
    readable = [path for path in files if PurePosixPath(path).suffix.lower() in PARSERS]
    if not readable:
        return ()
    repo = GitRepo.discover(dvc.root, process)
    here = dvc.root.resolve().relative_to(repo.root.resolve())
    paths = [(here / path).as_posix() for path in readable]
    commits = repo.history(tips, paths, limit=LONGEST)
    contents = repo.read_all([(commit, path) for commit in commits for path in paths])
    per_commit = [contents[start : start + len(paths)] for start in range(0, len(contents), len(paths))]
    return tuple(_snapshots(commits, readable, per_commit))


def _snapshots(
    commits: Sequence[str], paths: Sequence[str], contents: Sequence[Sequence[bytes | None]]
) -> Iterator[Snapshot]:
    for commit, found in zip(commits, contents, strict=True):
        files = {path: _parsed(path, data) for path, data in zip(paths, found, strict=True)}
        metrics = flat_values({path: content for path, content in files.items() if content is not None})
        if metrics:
            revision = Revision(label=commit[:8], commit=commit)
            yield Snapshot(revision=revision, metrics=metrics, params={}, data={})


def _parsed(path: str, data: bytes | None) -> Any:
    """What the file says; None for a file that was not there or was broken: the past need not be perfect."""
    if data is None:
        return None
    try:
        return PARSERS[PurePosixPath(path).suffix.lower()](data.decode("utf-8"))
    except ValueError:
        return None


PARSERS = {".json": json.loads, ".toml": tomllib.loads}
"""YAML has no reader in the standard library, and metrics in it have no past here."""
