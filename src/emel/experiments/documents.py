"""Files of metrics, of parameters and of DVC itself, as DVC reads them.

Its YAML is version 1.2, where `1e-3` is a number and `yes` is a word; PyYAML knows version 1.1 alone. The
forms of plain values are those of the core schema (https://yaml.org/spec/1.2.2/#103-core-schema) and what
DVC's reader takes beside: `_` between digits, binary numbers, dates.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

import yaml

FORMS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "int": (r"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|_*[0-9][0-9_]*)", "-+0123456789"),
    "float": (
        r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\._*[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
        r"|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
}
"""Kind of value → how it is written, and the characters that it begins with. A number without point and
exponent is an `int`, which is looked for first."""
BASES = {"0b": 2, "0o": 8, "0x": 16}


class YamlLoader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML comes without types.
    """Of plain data: nothing in a file makes it load code."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's own way.
        first: [
            (tag, form) for tag, form in found if tag.rpartition(":")[2] in ("merge", "timestamp", "value")
        ]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        text = node.value.replace("_", "")
        digits = text.lstrip("+-")
        value = int(digits, BASES.get(digits[:2], 10))
        return -value if text.startswith("-") else value


for kind, (form, start) in FORMS.items():
    YamlLoader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(f"^(?:{form})$"), list(start))
YamlLoader.add_constructor("tag:yaml.org,2002:int", YamlLoader.construct_yaml_int)


def load_yaml(text: str) -> Any:
    """What a document says. Errors: yaml.YAMLError."""
    return yaml.load(text, YamlLoader)


PARSERS: dict[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".toml": tomllib.loads,
    ".yaml": load_yaml,
    ".yml": load_yaml,
}
"""Suffix of a file → what reads its text. Errors: ValueError, yaml.YAMLError."""
