"""A `.gitlab-ci.yml` that is there already: whose it is, and the lines that include ours."""

from __future__ import annotations

import re
from typing import Any

import yaml

from emel.ci.pipeline import HEADER
from emel.errors import ConfigError

FILE = ".gitlab-ci.yml"
DEFAULT_STAGES = ("build", "test", "deploy")


def is_ours(text: str) -> bool:
    """Whether `emel ci` has written the whole file."""
    return text.startswith(HEADER)


def stage_in(text: str) -> str:
    """A stage that a pipeline has, for our jobs: `test` if it can be. Errors: ConfigError for broken YAML."""
    found = _read(text).get("stages")
    stages = [str(stage) for stage in found] if isinstance(found, list) and found else list(DEFAULT_STAGES)
    return "test" if "test" in stages else stages[0]


def includes(text: str, path: str) -> bool:
    """Whether a pipeline includes a file of its repository."""
    found = _read(text).get("include", [])
    entries = found if isinstance(found, list) else [found]
    named = [entry.get("local") if isinstance(entry, dict) else entry for entry in entries]
    return path in [str(name).lstrip("/") for name in named]


def with_include(text: str, path: str) -> str:
    """The pipeline with `path` included, and every other line as it was.

    Errors: ConfigError where its `include` is written in a way that a line cannot be added to.
    """
    if includes(text, path):
        return text
    line = f"- local: {path}"
    header = re.search(r"^include:[ \t]*(#.*)?\n(?P<first>[ \t]*)- ", text, re.MULTILINE)
    if header:
        place = header.start("first")
        return f"{text[:place]}{header['first']}{line}\n{text[place:]}"
    if "include" in _read(text):
        raise ConfigError(
            "`include` is no list of lines, to which emel could add one",
            where=FILE,
            hint=f"write it as a list, and add: {line}",
        )
    return f"include:\n  {line}\n\n{text}"


def _read(text: str) -> dict[str, Any]:
    try:
        content = yaml.load(text, _Loader)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f"{FILE}:{mark.line + 1}" if mark else FILE
        raise ConfigError(
            f"not valid YAML: {getattr(problem, 'problem', None) or problem}",
            where=where,
            hint=f"mend {FILE} first",
        ) from problem
    return content if isinstance(content, dict) else {}


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML comes without types.
    """Takes GitLab's `!reference [job, key]` for the list that it is."""


_Loader.add_constructor("!reference", lambda loader, node: loader.construct_sequence(node))
