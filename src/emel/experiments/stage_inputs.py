"""What decides the results of a stage: its command, its parameters, the files that it reads.

DVC writes digests of them into dvc.lock when the stage has ended, which is too late for a checkpoint. So
they are taken here from dvc.yaml and the files themselves; of data with a pointer (`data.csv.dvc`) the
pointer counts. The format: https://dvc.org/doc/user-guide/project-structure/dvcyaml-files
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from emel.errors import PipelineError
from emel.experiments.definition import FILE

PARAMS = "params.yaml"


def digest_of_work(root: Path, stage: str | None, command: Sequence[str], inputs: Sequence[str]) -> str:
    """A digest that changes with all that decides what the work makes.

    `stage` is one of the dvc.yaml in `root`, or None; `inputs` are further files and folders, relative to
    `root`. Errors: PipelineError for a stage or a file that is not there.
    """
    files = list(inputs)
    told: dict[str, Any] = {"command": list(command), "stage": stage}
    if stage is not None:
        described = _stage(root, stage)
        told["described"] = {key: described.get(key) for key in ("cmd", "wdir", "deps", "params", "vars")}
        folder = PurePosixPath(str(described.get("wdir") or "."))
        files += [str(folder / path) for path in _plain(described.get("deps"))]
        told["params"] = _params(root / folder, described.get("params"))
        if "${" in json.dumps(told["described"]):
            # Values of anywhere in it may stand in the command or in paths.
            files += [PARAMS] if (root / PARAMS).is_file() else []
    told["files"] = {path: _content(root, path) for path in sorted(set(files)) if "${" not in path}
    text = json.dumps(told, sort_keys=True, default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _stage(root: Path, name: str) -> Mapping[str, Any]:
    """What dvc.yaml says of a stage; of one of many (`train@small`) what it says of all, with its name."""
    file = root / FILE
    try:
        content = yaml.safe_load(file.read_text("utf-8")) if file.is_file() else {}
    except yaml.YAMLError as problem:
        raise PipelineError("is not valid YAML", where=FILE, hint=f"mend {FILE}") from problem
    stages = (content or {}).get("stages") or {}
    base = name.rpartition(":")[2].partition("@")[0]
    described = stages.get(base)
    if not isinstance(described, Mapping):
        known = ", ".join(stages) or "none"
        raise PipelineError(f"there is no stage {base}", where=FILE, hint=f"name one of its stages: {known}")
    inner = described.get("do")
    return inner if isinstance(inner, Mapping) else described


def _plain(entries: Any) -> Iterator[str]:
    for entry in entries if isinstance(entries, list) else ():
        yield str(next(iter(entry)) if isinstance(entry, Mapping) else entry)


def _params(folder: Path, entries: Any) -> dict[str, Any]:
    """The values of a stage's parameters. A file that is no YAML, JSON or TOML of them counts whole."""
    found: dict[str, Any] = {}
    for entry in entries if isinstance(entries, list) else ():
        listed = entry if isinstance(entry, Mapping) else {PARAMS: [entry]}
        for file, names in listed.items():
            path = folder / str(file)
            text = path.read_text("utf-8") if path.is_file() else None
            if text is None or not names or path.suffix not in (".yaml", ".yml", ".json"):
                found[str(file)] = text
                continue
            # JSON is YAML.
            values = yaml.safe_load(text)
            found |= {f"{file}:{name}": _value(values, str(name)) for name in names}
    return found


def _value(values: Any, name: str) -> Any:
    for part in re.split(r"\.", name):
        if not isinstance(values, Mapping):
            return None
        values = values.get(part)
    return values


def _content(root: Path, path: str) -> str:
    pointer, place = root / f"{path.rstrip('/')}.dvc", root / path
    if pointer.is_file():
        return _digest(pointer)
    if place.is_file():
        return _digest(place)
    if place.is_dir():
        inside = sorted(file for file in place.rglob("*") if file.is_file())
        lines = "".join(f"{file.relative_to(place).as_posix()} {_digest(file)}\n" for file in inside)
        return hashlib.sha256(lines.encode()).hexdigest()
    raise PipelineError(
        f"{path} is not there, and what it holds decides what the work makes",
        hint="fetch it, or run the stages before: emel run",
    )


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
