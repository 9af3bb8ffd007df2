"""What `dvc exp show --json` tells → Snapshot; told by the files themselves where these are plain."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from emel.errors import PipelineError, ResultsError
from emel.experiments import plain
from emel.experiments.dvc import Dvc
from emel.experiments.tree import WORKSPACE, Tree
from emel.records import Revision, Scalar, Snapshot

CODE = frozenset({".py", ".ipynb", ".r", ".rmd", ".jl", ".sh", ".sql", ".c", ".cpp", ".go", ".rs"})
"""Dependencies that are part of the program. Git shows their changes better than a digest does."""


def snapshots(
    dvc: Dvc, base: Revision | None, candidates: Sequence[Revision]
) -> tuple[Snapshot | None, tuple[Snapshot, ...]]:
    """The results of all revisions; see Pipeline.snapshots."""
    told = _entries(dvc, [base, *candidates] if base else candidates)
    earlier = told[key(base)] if base else None
    found = _snapshot(base, earlier) if base and earlier and _has_run(earlier) else None
    return found, tuple(_snapshot(candidate, told[key(candidate)]) for candidate in candidates)


def asked(dvc: Dvc, commits: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What DVC tells of the working tree and of the commits, by key."""
    chosen = [option for commit in commits for option in ("--rev", commit)]
    shown = dvc.json("exp", "show", "--json", "--hide-queued", "--hide-failed", *chosen)
    return {entry["rev"]: _own(dvc, entry) for entry in shown}


def key(revision: Revision) -> str:
    """What DVC calls the revision: its commit, or `workspace`."""
    return WORKSPACE if revision.label == WORKSPACE else revision.commit


def flat_values(files: Mapping[str, Any]) -> dict[str, Scalar]:
    """Path of a file → what it says, as values with dotted names.

    A name that two files share gets `file:` in front.
    """
    flat = {path: dict(_flatten(content, "")) for path, content in files.items()}
    uses = Counter(name for values in flat.values() for name in values)
    return {
        (name or path) if uses[name] == 1 else f"{path}:{name}".removesuffix(":"): value
        for path, values in flat.items()
        for name, value in values.items()
    }


def _entries(dvc: Dvc, revisions: Sequence[Revision]) -> dict[str, dict[str, Any]]:
    """Key of each revision → what DVC tells of it, or would tell."""
    read = {key(one): plain.data(dvc, Tree(dvc.root, dvc.process, one)) for one in revisions}
    told = {name: {"error": None, "data": data} for name, data in read.items() if data is not None}
    if len(told) == len(read):
        return told
    return asked(dvc, sorted(read.keys() - told.keys() - {WORKSPACE})) | told


def _own(dvc: Dvc, entry: dict[str, Any]) -> dict[str, Any]:
    """What belongs to this project: DVC tells of all projects in the repository, relative to its top."""
    if entry["error"]:
        return entry
    kinds = {
        kind: {own: value for path, value in entry["data"][kind].items() if (own := dvc.own_path(path))}
        for kind in ("metrics", "params", "deps", "outs")
    }
    return {**entry, "data": {**entry["data"], **kinds}}


def _has_run(entry: Mapping[str, Any]) -> bool:
    """Whether all files of metrics are there, at a revision that had a pipeline at all."""
    if entry["error"]:
        return True
    errors = [result.get("error") or {} for result in entry["data"]["metrics"].values()]
    missing = any(error.get("type") == "FileNotFoundError" for error in errors)
    return not missing and any(entry["data"][kind] for kind in ("metrics", "outs", "deps"))


def _snapshot(revision: Revision, entry: Mapping[str, Any]) -> Snapshot:
    if entry["error"]:
        raise PipelineError(
            f"the pipeline cannot be read: {entry['error']['msg']}",
            where=revision.title,
            hint="run `dvc status` at that revision to see more",
        )
    data = entry["data"]
    return Snapshot(
        revision=revision,
        metrics=_values(data["metrics"], "metrics", revision),
        params=_values(data["params"], "parameters", revision),
        data=_digests(data),
        metric_files=tuple(data["metrics"]),
    )


def _values(files: Mapping[str, Any], what: str, revision: Revision) -> dict[str, Scalar]:
    return flat_values({path: _content(path, result, what, revision) for path, result in files.items()})


def _content(path: str, result: Mapping[str, Any], what: str, revision: Revision) -> Any:
    problem = result.get("error")
    if not problem:
        return result["data"]
    where = f"{path} ({revision.title})"
    if problem["type"] == "FileNotFoundError":
        raise ResultsError(
            f"the file of {what} is missing, though dvc.yaml declares it",
            where=where,
            hint="run `emel run`; keep the file in Git (`cache: false`), and commit it with dvc.lock",
        )
    # DVC says what was wrong twice, with a path that is relative to some other folder.
    reason = problem["msg"].rpartition("', ")[2] or problem["type"]
    raise ResultsError(
        f"the file of {what} cannot be read: {reason}",
        where=where,
        hint=f"make the stage that writes {path} write JSON, YAML or TOML with names and numbers",
    )


def _flatten(value: Any, name: str) -> Iterator[tuple[str, Scalar]]:
    if isinstance(value, Mapping):
        for part, inner in value.items():
            yield from _flatten(inner, f"{name}.{part}" if name else str(part))
    elif value is None or isinstance(value, (bool, int, float, str)):
        yield name, value
    else:
        yield name, json.dumps(value, ensure_ascii=False)


def _digests(data: Mapping[str, Any]) -> dict[str, str]:
    """What DVC keeps for the project, and the data that go into the pipeline, with their digests.

    Metrics, plots and other small outputs that Git keeps (`cache: false`) are not data, nor are parameters.
    """
    outputs = data["outs"]
    kept = {path: info["hash"] for path, info in outputs.items() if info["use_cache"]}
    inputs = {
        path: info["hash"]
        for path, info in data["deps"].items()
        if path not in outputs | data["params"] and PurePosixPath(path).suffix.lower() not in CODE
    }
    # A folder's digest ends with `.dir` in DVC.
    return {path: f"md5:{digest.removesuffix('.dir')}" for path, digest in (inputs | kept).items() if digest}
