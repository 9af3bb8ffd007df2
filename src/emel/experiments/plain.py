"""What `dvc exp show` tells of a revision, from its files alone, where the pipeline is written plainly.

Asking DVC costs the second that it takes to start. Plain is a dvc.yaml without templates, loops and stages
that work in other folders, with no other pipeline below it; of anything else, and of whatever looks odd, DVC
is asked. The formats: https://dvc.org/doc/user-guide/project-structure/dvcyaml-files, and dvc-files there.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import yaml

from emel.experiments import documents
from emel.experiments.definition import FILE, PARAMS
from emel.experiments.dvc import Dvc
from emel.experiments.recording import LOCK
from emel.experiments.tree import Tree

IGNORED = ".dvcignore"
TOP = {"stages", "metrics", "params", "plots", "artifacts"}
STAGE = {"cmd", "deps", "outs", "params", "metrics", "plots", "frozen", "desc", "meta", "always_changed"}
POINTER = {"outs", "md5", "frozen", "desc", "meta"}
NOTES = {"desc", "type", "labels", "meta", "cache", "persist", "push", "remote"}
OUTPUT = {"path", "md5", "size", "nfiles", "hash", "isexec"} | NOTES
PLOT = {"x", "y", "x_label", "y_label", "title", "template", "header"}
MISSING = {"error": {"type": "FileNotFoundError", "msg": "there is no such file"}}


class OddError(Exception):
    """DVC knows better."""


def data(dvc: Dvc, tree: Tree) -> dict[str, Any] | None:
    """The `data` of a revision as DVC tells them: metrics, params, deps and outs, each by path. None where it
    has to be asked."""
    try:
        return _data(dvc, tree)
    except (OddError, ValueError, yaml.YAMLError):
        return None


def _data(dvc: Dvc, tree: Tree) -> dict[str, Any]:
    if not tree.has_alone(FILE):
        raise OddError
    names = tree.names
    ignored = [name for name in names if PurePosixPath(name).name == IGNORED]
    pointers = tree.pointers()
    texts = [_text(data) for data in tree.read([FILE, LOCK, *pointers, *ignored])]
    definition = _mapping(documents.load_yaml(texts[0]), TOP)
    lock = _mapping(documents.load_yaml(texts[1]) or {}, {"schema", "stages"})
    if any(_has_patterns(text) for text in texts[2 + len(pointers) :]):
        raise OddError
    stages = {name: _mapping(stage, STAGE) for name, stage in (definition.get("stages") or {}).items()}
    deps: dict[str, Any] = {}
    outs: dict[str, Any] = {}
    shown: dict[str, str | None] = {}
    for name, stage in stages.items():
        locked = (lock.get("stages") or {}).get(name) or {}
        before, after = _locked(locked.get("deps")), _locked(locked.get("outs"))
        deps |= {path: {"hash": before.get(path)} for path, _ in _listed(stage.get("deps"), set())}
        outs |= {
            path: {"hash": after.get(path), "use_cache": options.get("cache", True)}
            for path, options in _listed(stage.get("outs"), OUTPUT)
        }
        # Where Git keeps a file of metrics, it has no other place to be.
        shown |= {
            path: after.get(path) if options.get("cache", True) else None
            for path, options in _listed(stage.get("metrics"), OUTPUT)
        }
        list(_listed(stage.get("plots"), OUTPUT | PLOT))
    for name, text in zip(pointers, texts[2:], strict=False):
        outs |= _pointed(name, text)
    shown |= {path: shown.get(path) for path, _ in _listed(definition.get("metrics"), set())}
    files = _params(definition, stages, names, is_top=dvc.repository == dvc.root.resolve())
    return {
        "metrics": _metrics(dvc, tree, shown),
        "params": _values(tree, files),
        "deps": deps,
        "outs": outs,
    }


def _mapping(value: Any, known: set[str]) -> dict[str, Any]:
    """A mapping of known words, with no template in it. Errors: OddError."""
    if not isinstance(value, dict) or not set(value) <= known or "${" in str(value):
        raise OddError
    return value


def _text(data: bytes | None) -> str:
    return "" if data is None else data.decode("utf-8")


def _has_patterns(text: str) -> bool:
    return any(line.strip() and not line.startswith("#") for line in text.splitlines())


def _listed(entries: Any, known: set[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Paths of the project with what is said of each."""
    for one in entries or ():
        path, options = next(iter(one.items())) if isinstance(one, dict) and len(one) == 1 else (one, {})
        yield _inside(path), _mapping(options or {}, known)


def _inside(path: Any) -> str:
    """A path below the project, as short as it can be written. Errors: OddError."""
    if not isinstance(path, str) or path != posixpath.normpath(path):
        raise OddError
    if path.startswith(("/", "..")) or ":" in path:
        raise OddError
    return path


def _locked(entries: Any) -> dict[str, str]:
    """Path → digest, of what dvc.lock says of a stage."""
    found = {}
    for one in entries or ():
        if "md5" not in one or "files" in one:
            raise OddError
        found[str(one["path"])] = str(one["md5"])
    return found


def _pointed(name: str, text: str) -> dict[str, Any]:
    """What a file `data.csv.dvc` points at."""
    found = {}
    for one in _mapping(documents.load_yaml(text), POINTER).get("outs") or ():
        known = _mapping(one, OUTPUT)
        path = _inside(posixpath.join(posixpath.dirname(name), known["path"]))
        found[path] = {"hash": _locked([known])[known["path"]], "use_cache": known.get("cache", True)}
    return found


def _params(
    definition: Mapping[str, Any], stages: Mapping[str, Any], names: Sequence[str], *, is_top: bool
) -> dict[str, list[str]]:
    """File of parameters → the names that stages have of it; none where all of it is shown."""
    found: dict[str, list[str]] = {}
    whole = {_inside(path) for path in definition.get("params") or ()}
    for stage in stages.values():
        for one in stage.get("params") or ():
            listed = one if isinstance(one, dict) else {PARAMS: [one]}
            for path, chosen in listed.items():
                found.setdefault(_inside(path), []).extend(str(name) for name in chosen or ())
                whole |= set() if chosen else {path}
    found |= {path: [] for path in whole}
    if is_top and PARAMS in names:
        found[PARAMS] = []
    return {path: [] if path in whole else chosen for path, chosen in found.items()}


def _metrics(dvc: Dvc, tree: Tree, shown: Mapping[str, str | None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (path, digest), data in zip(shown.items(), tree.read(list(shown)), strict=True):
        cached = dvc.cached(digest) if digest else None
        if data is None and cached:
            data = cached.read_bytes() if cached.is_file() else _odd()
        if data is None:
            found[path] = MISSING
            continue
        content = _parsed(path, data)
        # A link in Git, or a pointer of Git LFS, is a text that names a file elsewhere.
        if isinstance(content, str):
            raise OddError
        found[path] = {"data": _numbers(content) or {}}
    return found


def _numbers(value: Any) -> Any:
    """What DVC takes for metrics: numbers and texts, however deep; lists are none."""
    if not isinstance(value, Mapping):
        return value if isinstance(value, int | float | str) else None
    inner = {name: _numbers(part) for name, part in value.items()}
    return {name: part for name, part in inner.items() if part is not None and part != {}}


def _values(tree: Tree, files: Mapping[str, list[str]]) -> dict[str, Any]:
    found = {}
    for (path, names), data in zip(files.items(), tree.read(list(files)), strict=True):
        content = _parsed(path, _odd() if data is None else data) or {}
        if not isinstance(content, Mapping):
            raise OddError
        found[path] = {"data": _plain(_chosen(content, names) if names else content)}
    return found


def _chosen(content: Any, names: Sequence[str]) -> dict[str, Any]:
    """Of a file's content the values with these dotted names."""
    found: dict[str, Any] = {}
    for name in names:
        *folders, last = name.split(".")
        source, target = content, found
        for part in folders:
            source, target = _member(source, part), target.setdefault(part, {})
        target[last] = _member(source, last)
    return found


def _member(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, Mapping) and name in value else _odd()


def _plain(value: Any) -> Any:
    """A value that JSON can say as it is. Errors: OddError."""
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, bool | int | float | str) else _odd()


def _parsed(path: str, data: bytes) -> Any:
    parse = documents.PARSERS.get(PurePosixPath(path).suffix.lower())
    return parse(data.decode("utf-8")) if parse else _odd()


def _odd() -> Any:
    raise OddError
