"""Changing values in files of parameters. Comments, order and all else in the file stay as they are."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import yaml

from emel.errors import PipelineError
from emel.experiments import documents
from emel.system.files import write_atomic

FILE = "params.yaml"
"""Where DVC looks for a parameter whose file is not named."""
SEEDS = ("seed", "random_state", "random_seed")
"""Last parts of names that a parameter has which is a seed."""


def assign(root: Path, assignments: Sequence[str]) -> None:
    """See Pipeline.set_params."""
    for path, text in assigned(root, assignments).items():
        write_atomic(root / path, text)


def assigned(root: Path, assignments: Sequence[str]) -> dict[str, str]:
    """The files as they would be: path → text. Errors: PipelineError."""
    texts: dict[str, str] = {}
    for assignment in assignments:
        path, name, value = parse(assignment)
        texts[path] = replaced(texts.get(path) or _read(root, path), path, name, value)
    return texts


def seeds(root: Path, named: Sequence[str]) -> dict[str, int]:
    """The seeds by their names, as `[FILE:]name`; see Pipeline.seeds."""
    if named:
        return {name: _whole(root, name) for name in named}
    if not (root / FILE).is_file():
        return {}
    found = _nodes(yaml.compose(_read(root, FILE), Loader=documents.YamlLoader), "")
    return {
        name: int(node.value) for name, node in found if name.rpartition(".")[2] in SEEDS and _is_whole(node)
    }


def parse(assignment: str) -> tuple[str, str, str]:
    """File, name and value of `[FILE:]name=value`. Errors: PipelineError."""
    left, equals, value = assignment.partition("=")
    path, _, name = left.rpartition(":")
    if not equals or not name.strip():
        raise PipelineError(
            f"{assignment!r} sets no parameter", hint="write name=value, as in --set model.max_depth=5"
        )
    return path or FILE, name.strip(), value.strip()


def replaced(text: str, path: str, name: str, value: str) -> str:
    """The text of a file of parameters with another value. Errors: PipelineError."""
    try:
        # JSON is YAML, except in corners that files of parameters do not have.
        whole = yaml.compose(text, Loader=documents.YamlLoader)
    except yaml.YAMLError as problem:
        raise PipelineError(f"is not valid YAML: {problem}", where=path, hint=f"mend {path}") from problem
    found = dict(_nodes(whole, ""))
    if name not in found:
        close = difflib.get_close_matches(name, found, n=1)
        meant = f"did you mean `{close[0]}`? " if close else ""
        raise PipelineError(
            f"there is no parameter `{name}`", where=path, hint=f"{meant}there are: {', '.join(found)}"
        )
    node = found[name]
    end = node.end_mark.index
    # A block ends where the next thing begins; what is replaced ends with its last character.
    end = len(text[:end].rstrip()) if isinstance(node, yaml.CollectionNode) and not node.flow_style else end
    written = _written(value, is_json=PurePosixPath(path).suffix == ".json")
    start = node.start_mark.index
    # An empty value has no room of its own after its colon.
    room = " " if start == end and not text[:start].endswith(" ") else ""
    return f"{text[:start]}{room}{written}{text[end:]}"


def _whole(root: Path, written: str) -> int:
    path, name, _ = parse(f"{written}=")
    node = dict(_nodes(yaml.compose(_read(root, path), Loader=documents.YamlLoader), "")).get(name)
    if node is None or not _is_whole(node):
        what = "there is no parameter" if node is None else "a seed is a whole number, unlike"
        raise PipelineError(f"{what} `{name}`", where=path, hint="name another: --seed-param [FILE:]NAME")
    return int(node.value)


def _is_whole(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag.endswith(":int") and node.value.isdigit()


def _read(root: Path, path: str) -> str:
    if PurePosixPath(path).suffix not in (".yaml", ".yml", ".json"):
        raise PipelineError("only YAML and JSON can be changed", where=path, hint="change the file by hand")
    try:
        return (root / path).read_text("utf-8")
    except FileNotFoundError as problem:
        raise PipelineError(
            "there is no such file of parameters", where=path, hint="name another: --set FILE:name=value"
        ) from problem


def _nodes(node: yaml.Node | None, name: str) -> Iterator[tuple[str, yaml.Node]]:
    """All values by their dotted names."""
    if name and node is not None:
        yield name, node
    if isinstance(node, yaml.MappingNode):
        for key, inner in node.value:
            yield from _nodes(inner, f"{name}.{key.value}" if name else str(key.value))


def _written(value: str, *, is_json: bool) -> str:
    """The value as the file has to spell it: as it stands where that is one value, else as text."""
    try:
        if is_json:
            json.loads(value)
            return value
        # In a list or map a comma would part what is one text.
        plain = yaml.compose(value, Loader=documents.YamlLoader)
        whole = plain is not None and plain.end_mark.index == len(value) and "\n" not in value
        if isinstance(plain, yaml.CollectionNode):
            return value if whole and plain.flow_style else json.dumps(value, ensure_ascii=False)
        safe = whole and (plain.style or "," not in value)
        return value if safe else json.dumps(value, ensure_ascii=False)
    except (yaml.YAMLError, ValueError):
        return json.dumps(value, ensure_ascii=False)
