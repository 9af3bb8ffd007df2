"""Metrics from their files alone: those of a commit, and those of each commit that changed them.

DVC is not asked: it would take its second to start, and some tens of milliseconds more for every commit.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from emel.errors import PipelineError
from emel.experiments import documents
from emel.experiments.dvc import FILE, Dvc
from emel.experiments.reading import flat_values
from emel.experiments.tree import Tree
from emel.gitrepo import GitRepo
from emel.records import HistoryEntry, Revision, Scalar, Snapshot
from emel.system.process import Process

LONGEST = 500
"""Commits that are looked at, the newest first."""


def past(dvc: Dvc, process: Process, files: Sequence[str], tips: Sequence[str]) -> tuple[Snapshot, ...]:
    """See Pipeline.past."""
    readable = [path for path in files if _is_readable(path)]
    if not readable:
        return ()
    repo = GitRepo.discover(dvc.root, process)
    here = dvc.root.resolve().relative_to(repo.root.resolve())
    paths = [(here / path).as_posix() for path in readable]
    commits = repo.history(tips, paths, limit=LONGEST)
    contents = repo.read_all([(commit, path) for commit in commits for path in paths])
    per_commit = [contents[start : start + len(paths)] for start in range(0, len(contents), len(paths))]
    return tuple(_snapshots(commits, readable, per_commit))


def over_time(dvc: Dvc, process: Process, tip: str, limit: int) -> tuple[HistoryEntry, ...]:
    """See Pipeline.history."""
    readable = [
        path for path in metric_files(dvc.root) if PurePosixPath(path).suffix.lower() in documents.PARSERS
    ]
    if not readable:
        return ()
    repo = GitRepo.discover(dvc.root, process)
    here = dvc.root.resolve().relative_to(repo.root.resolve())
    paths = [posixpath.normpath((here / path).as_posix()) for path in readable]
    commits = repo.log(tip, paths, limit=limit)
    contents = repo.read_all([(entry.commit, path) for entry in commits for path in paths])
    per_commit = [contents[start : start + len(paths)] for start in range(0, len(contents), len(paths))]
    told = {
        snapshot.revision.commit: snapshot.metrics
        for snapshot in _snapshots([entry.commit for entry in commits], readable, per_commit)
    }
    return tuple(
        HistoryEntry(
            commit=entry.commit, created=entry.created, subject=entry.subject, metrics=told[entry.commit]
        )
        for entry in commits
        if entry.commit in told
    )


def metrics(dvc: Dvc, process: Process, revision: Revision) -> dict[str, Scalar] | None:
    """The metrics of one revision; None where Git and the working tree do not have all their files, one is in
    a format that DVC alone reads, or there are more pipelines below."""
    tree = Tree(dvc.root, process, revision)
    if not tree.has_alone(FILE):
        return None
    (definition,) = tree.read([FILE])
    if definition is None:
        return None
    paths = _metric_files(definition)
    found = {path: _parsed(path, data) for path, data in zip(paths, tree.read(paths), strict=True)}
    return None if None in found.values() else flat_values(found)


def metric_files(root: Path) -> list[str]:
    """The files of metrics that dvc.yaml names, relative to its folder.

    Errors: PipelineError without a dvc.yaml, or when it is no YAML.
    """
    try:
        return _metric_files((root / FILE).read_bytes())
    except FileNotFoundError as problem:
        raise PipelineError(f"there is no {FILE}", where=str(root), hint="emel init writes one") from problem


def _metric_files(definition: bytes) -> list[str]:
    try:
        content = documents.load_yaml(definition.decode("utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise PipelineError("is not valid YAML", where=FILE, hint=f"mend {FILE}") from problem
    found = [str(path) for path in content.get("metrics") or ()]
    for stage in (content.get("stages") or {}).values():
        # `foreach` and `matrix` have what they repeat under `do`, or beside.
        inner = stage.get("do") or stage
        for entry in inner.get("metrics") or ():
            path = next(iter(entry)) if isinstance(entry, Mapping) else entry
            found.append(posixpath.normpath(posixpath.join(inner.get("wdir") or ".", str(path))))
    return list(dict.fromkeys(found))


def _snapshots(
    commits: Sequence[str], paths: Sequence[str], contents: Sequence[Sequence[bytes | None]]
) -> Iterator[Snapshot]:
    for commit, found in zip(commits, contents, strict=True):
        files = {path: _parsed(path, data) for path, data in zip(paths, found, strict=True)}
        metrics = flat_values({path: content for path, content in files.items() if content is not None})
        if metrics:
            revision = Revision(label=commit[:8], commit=commit)
            yield Snapshot(revision=revision, metrics=metrics, params={}, data={})


def _is_readable(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in documents.PARSERS


def _parsed(path: str, data: bytes | None) -> Any:
    """What the file says; None for one that was not there or was broken (the past need not be perfect), or is
    of a kind that DVC alone reads."""
    parse = documents.PARSERS.get(PurePosixPath(path).suffix.lower())
    if data is None or parse is None:
        return None
    try:
        return parse(data.decode("utf-8"))
    except (ValueError, yaml.YAMLError):
        return None
