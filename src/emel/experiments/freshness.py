"""Whether the results in dvc.lock are of the code and parameters that are here, without starting DVC.

The format: https://dvc.org/doc/user-guide/project-structure/dvcyaml-files#dvclock-file
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

FILE = "dvc.yaml"
LOCK = "dvc.lock"
LARGEST = 64 << 20
"""Bytes. Of larger files the size alone is compared."""
PARSERS = {".json": json.loads, ".toml": tomllib.loads, ".yaml": yaml.safe_load, ".yml": yaml.safe_load}


def outdated(root: Path) -> str | None:
    """What has changed since a stage ran, in words; None where nothing is known to have.

    What is not here, as data that nobody has fetched, counts as unchanged; so do stages that are frozen, or
    that work in another folder.
    """
    stages = _read(root / LOCK).get("stages") or {}
    defined = _read(root / FILE).get("stages") or {}
    made = {out["path"] for stage in stages.values() for out in stage.get("outs") or ()}
    for name, stage in stages.items():
        own = defined.get(name.partition("@")[0]) or {}
        inner = own.get("do") or own
        if not own or inner.get("frozen") or inner.get("wdir"):
            continue
        for change in _changes(root, stage, made):
            return f"{change} has changed since stage `{name}` ran"
    return None


def _changes(root: Path, stage: Mapping[str, Any], made: set[str]) -> Iterator[str]:
    for dependency in stage.get("deps") or ():
        path = dependency["path"]
        if path not in made and _differs(root / path, dependency):
            yield f"`{path}`"
    for file, values in (stage.get("params") or {}).items():
        present = _read(root / file)
        for name, value in (values or {}).items():
            if present and _value(present, name) != value:
                yield f"`{name}` in `{file}`"


def _differs(file: Path, dependency: Mapping[str, Any]) -> bool:
    # DVC 2 wrote no `hash`, and digests of texts with other ends of lines.
    if dependency.get("hash") != "md5" or "md5" not in dependency or not file.is_file():
        return False
    size = file.stat().st_size
    if size != dependency.get("size", size):
        return True
    if size > LARGEST:
        return False
    digest = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
    return digest != str(dependency["md5"])


def _read(file: Path) -> dict[str, Any]:
    """What a file says; nothing where it is not there, or not to be read."""
    parse = PARSERS.get(PurePosixPath(file.name).suffix.lower(), yaml.safe_load)
    try:
        content = parse(file.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return content if isinstance(content, dict) else {}


def _value(content: Mapping[str, Any], name: str) -> Any:
    """Of a name with dots; they may also be part of a key."""
    if name in content:
        return content[name]
    found: Any = content
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found
