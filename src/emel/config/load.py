"""Finding and reading emel.toml, and saying exactly what is wrong with it.

A value comes from the first of these that has it: a flag of the command, the environment variable
`EMEL_<TABLE>_<KEY>`, or `EMEL_<TABLE>_<TABLE>_<KEY>` of a table in a table, emel.toml, the default.
With `memory = 256` under `[function]`,
`EMEL_FUNCTION_MEMORY=512 emel deploy` uses 512 and `--memory 1024` beats both.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from emel.config.lines import line_of
from emel.config.schema import Config
from emel.errors import ConfigError

FILE_NAME = "emel.toml"
EXAMPLE = '[model] with name = "churn", path = "models/model.joblib", sample = "data/sample.csv"'


def find(start: Path) -> Path:
    """The emel.toml of the folder `start` or of the nearest folder above it.

    Errors: ConfigError when there is none.
    """
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    raise ConfigError(
        f"no {FILE_NAME} here or in a folder above",
        where=str(start),
        hint=f"let `emel init` write one, or write at least {EXAMPLE}; "
        "docs/reference/emel-toml.md lists every key",
    )


def load(
    file: Path, *, env: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> Config:
    """Read emel.toml and put environment and flags over it.

    `flags` are dotted keys with values, as `{"function.memory": 256}`; those that are None are left out.
    Errors: ConfigError with file, line, key, and what would be allowed.
    """
    return _load(file, _read(file), env or {}, flags or {})


def without_file(*, env: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None) -> Config:
    """What environment and flags say where there is no emel.toml. Errors: ConfigError."""
    return _load(Path(FILE_NAME), "", env or {}, flags or {})


def _load(file: Path, text: str, env: Mapping[str, str], flags: Mapping[str, Any]) -> Config:
    values = _parse(file, text)
    origins = _overlay(values, env, flags)
    # Tables with keys of the user come first, entry by entry: msgspec does not say which entry it minds.
    for table, kind in _open_tables().items():
        entries = values.get(table)
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            _convert(entry, kind, [table, name], file, text, origins)
    config: Config = _convert(values, Config, [], file, text, origins)
    return config


def _open_tables() -> dict[str, Any]:
    hints = get_type_hints(Config, include_extras=True)
    return {name: get_args(kind)[1] for name, kind in hints.items() if get_origin(kind) is dict}


def _convert(
    value: Any, kind: Any, path: list[str], file: Path, text: str, origins: Mapping[str, str]
) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as problem:
        raise _explained(str(problem), kind, path, file, text, origins) from None


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as problem:
        raise ConfigError(
            f"not UTF-8 text ({problem.reason} at byte {problem.start})",
            where=str(file),
            hint="save the file as UTF-8",
        ) from problem
    except OSError as problem:
        raise ConfigError(
            f"cannot be read: {problem.strerror}", where=str(file), hint="check who may read it"
        ) from problem


def _parse(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        message = str(problem)
        found = re.search(r" \(at line (\d+), column (\d+)\)$", message)
        place = f"{file}:{found[1]}:{found[2]}" if found else str(file)
        words = message[: found.start()] if found else message
        raise ConfigError(
            f"not valid TOML: {words}", where=place, hint="text values stand in double quotes"
        ) from problem


def _overlay(values: dict[str, Any], env: Mapping[str, str], flags: Mapping[str, Any]) -> dict[str, str]:
    """Put environment variables and flags into `values`; return dotted key → where its value came from."""
    origins: dict[str, str] = {}
    for key, kind in scalar_keys().items():
        name = "EMEL_" + key.replace(".", "_").upper()
        if name in env:
            _put(values, key, _typed(env[name], kind))
            origins[key] = f"environment variable {name}"
    for key, value in flags.items():
        if value is not None:
            _put(values, key, value)
            origins[key] = f"option --{key.rsplit('.', 1)[-1].replace('_', '-')}"
    return origins


def scalar_keys() -> dict[str, Any]:
    """All dotted keys that hold one value, as `function.memory`, and the type of each."""
    return dict(_kinds_of(Config, ""))


def _kinds_of(struct: type, above: str) -> Iterator[tuple[str, Any]]:
    for name, kind in get_type_hints(struct, include_extras=True).items():
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from _kinds_of(kind, f"{above}{name}.")
        elif above:
            yield f"{above}{name}", kind


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    *tables, name = key.split(".")
    inner: Any = values
    for table in tables:
        inner = inner.setdefault(table, {})
        if not isinstance(inner, dict):
            # The file has something else there, which is told when it is read.
            return
    inner[name] = value


def _typed(raw: str, kind: Any) -> Any:
    """An environment variable as TOML would read it. What is no TOML value is text, and so is a number where
    the key takes texts alone: `3.12` of a version."""
    try:
        value = tomllib.loads(f"value = {raw}")["value"]
    except tomllib.TOMLDecodeError:
        return raw
    try:
        msgspec.convert(raw, kind)
    except msgspec.ValidationError:
        return value
    return raw if isinstance(value, int | float) else value


def _explained(
    problem: str, kind: Any, above: list[str], file: Path, text: str, origins: Mapping[str, str]
) -> ConfigError:
    message, _, tail = problem.partition(" - at `")
    # In a table with keys of the user, msgspec tells the table, and not which key or value it minds.
    place = tail.rstrip("`").removeprefix("key` in `").removesuffix("[...]")
    below = [part for part in place.removeprefix("$").split(".") if part]
    unknown = re.search(r"unknown field `(.+?)`", message)
    missing = re.search(r"missing required field `(.+?)`", message)
    path = [*above, *below]
    if unknown:
        key = ".".join([*path, unknown[1]])
        hint = _allowed(kind, below, unknown[1])
        return ConfigError(f"unknown key `{key}`", where=_place(file, text, key, origins), hint=hint)
    if missing:
        key = ".".join([*path, missing[1]])
        return ConfigError(
            f"`{key}` is missing",
            where=_place(file, text, ".".join(path), origins) if text else None,
            hint=f"add it; the least that works is {EXAMPLE}"
            if text
            else f"name it by --{missing[1]}, or write an {FILE_NAME}",
        )
    key = ".".join(path)
    return ConfigError(
        f"`{key}`: {message[0].lower()}{message[1:]}",
        where=_place(file, text, key, origins),
        hint=_allowed_values(kind)
        or "docs/reference/emel-toml.md lists every key with its type, limits and default",
    )


def _place(file: Path, text: str, key: str, origins: Mapping[str, str]) -> str:
    if key in origins:
        return origins[key]
    line = line_of(text, key)
    return f"{file}:{line}" if line else str(file)


def _allowed(kind: Any, below: list[str], wrong: str) -> str:
    for part in below:
        kind = get_type_hints(kind, include_extras=True)[part]
    names = [item.name for item in msgspec.structs.fields(kind)]
    close = difflib.get_close_matches(wrong, names, n=1)
    meant = f"did you mean `{close[0]}`? " if close else ""
    return f"{meant}allowed here: {', '.join(names)}"


def _allowed_values(kind: Any) -> str | None:
    if get_origin(kind) is Literal:
        return "allowed here: " + ", ".join(f'"{value}"' for value in get_args(kind))
    return None
