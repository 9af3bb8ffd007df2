"""What dvc.yaml says of the files that its stages read and write, without starting DVC.

The format: https://dvc.org/doc/user-guide/project-structure/dvcyaml-files
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import yaml

from emel.errors import PipelineError

FILE = "dvc.yaml"
PARAMS = "params.yaml"


class Definition(NamedTuple):
    """Paths relative to the folder of dvc.yaml; of a path with `${…}` in it the folder above that."""

    outputs: tuple[str, ...]
    """All that stages write."""
    shown: tuple[str, ...]
    """What of it a report reads, or Git keeps: metrics, plots, and all with `cache: false`."""
    inputs: tuple[str, ...] = ()
    """What stages read and no stage writes, files of parameters too."""


def read_definition(root: Path) -> Definition | None:
    """The pipeline of a folder; None when it has no dvc.yaml. Errors: PipelineError when it is no YAML."""
    file = root / FILE
    if not file.is_file():
        return None
    try:
        text = file.read_text("utf-8")
    except UnicodeDecodeError as problem:
        raise PipelineError("is not UTF-8 text", where=FILE, hint=f"save {FILE} as UTF-8") from problem
    return parse_definition(text)


def parse_definition(text: str) -> Definition:
    """What the text of a dvc.yaml says. Errors: PipelineError when it is no YAML."""
    try:
        content = yaml.safe_load(text) or {}
    except yaml.YAMLError as problem:
        line = getattr(getattr(problem, "problem_mark", None), "line", None)
        where = FILE if line is None else f"{FILE}:{line + 1}"
        raise PipelineError("is not valid YAML", where=where, hint=f"mend {FILE}") from problem
    outputs: dict[str, bool] = {}
    for stage in _stages(content):
        for kind in ("outs", "metrics", "plots"):
            for path, cached in _paths(stage.get(kind), stage.get("wdir")):
                outputs[path] = outputs.get(path, False) or kind != "outs" or not cached
    drawn = _drawn(content.get("plots") if isinstance(content, Mapping) else None)
    shown = [path for path, is_shown in outputs.items() if is_shown or path in drawn]
    read = dict.fromkeys(path for stage in _stages(content) for path in _read_by(stage))
    whole = content.get("vars") if isinstance(content, Mapping) else None
    read |= dict.fromkeys(name for name in whole or () if isinstance(name, str))
    return Definition(tuple(outputs), tuple(shown), tuple(path for path in read if path not in outputs))


def _read_by(stage: Mapping[str, Any]) -> Iterator[str]:
    yield from (path for path, _ in _paths(stage.get("deps"), stage.get("wdir")))
    for entry in stage.get("params") or ():
        # A parameter without a file is one of params.yaml.
        for file in entry if isinstance(entry, Mapping) else (PARAMS,):
            yield str(PurePosixPath(stage.get("wdir") or ".") / str(file))


def _stages(content: Any) -> Iterator[Mapping[str, Any]]:
    stages = content.get("stages") if isinstance(content, Mapping) else None
    for stage in stages.values() if isinstance(stages, Mapping) else ():
        if isinstance(stage, Mapping):
            # `foreach` has what it repeats under `do`.
            yield stage["do"] if isinstance(stage.get("do"), Mapping) else stage


def _paths(entries: Any, folder: Any) -> Iterator[tuple[str, bool]]:
    for entry in entries if isinstance(entries, list) else ():
        path, options = next(iter(entry.items())) if isinstance(entry, Mapping) else (entry, None)
        whole = str(PurePosixPath(folder or ".") / str(path))
        known = (
            whole.partition("${")[0]
            if "${" not in whole
            else f"{whole.partition('${')[0].rpartition('/')[0]}/"
        )
        if known.strip("/"):
            yield known, not (isinstance(options, Mapping) and options.get("cache") is False)


def _drawn(plots: Any) -> set[str]:
    """Files that plots of the whole pipeline show: a plot's own name, or those under its axes."""
    found: set[str] = set()
    for plot in plots if isinstance(plots, list) else ():
        for name, options in plot.items() if isinstance(plot, Mapping) else ((plot, None),):
            found.add(str(name))
            for axis in ("x", "y"):
                value = options.get(axis) if isinstance(options, Mapping) else None
                found.update(map(str, value) if isinstance(value, Mapping) else ())
    return found
