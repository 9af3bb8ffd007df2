"""YAML as DVC reads it: in version 1.2, where `1e-5` is a number, `017` is 17, and `yes` is a word.

PyYAML reads version 1.1, and would take the learning rate `1e-5` of params.yaml for another value than the
`1e-05` that DVC writes for it into dvc.lock. The rules of both: https://yaml.org/spec/1.2.2/#1032-tag-resolution
and https://yaml.org/type/.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

INTEGER, FLOAT, BOOLEAN = (f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool"))
DIGITS = "0123456789"
RULES = (
    (BOOLEAN, r"true|True|TRUE|false|False|FALSE", "tTfF"),
    # An underscore between digits is ruamel.yaml's, and so DVC's.
    (INTEGER, r"[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)", f"-+{DIGITS}"),
    (
        FLOAT,
        r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+)",
        f"-+{DIGITS}",
    ),
    (FLOAT, r"[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", "-+."),
)
"""Tag, what has it, and with what that begins."""


def parse(text: str | bytes) -> Any:
    """The value of a document; None of an empty one. Errors: yaml.YAMLError, ValueError."""
    return yaml.load(text, _Loader)


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """PyYAML's own, but for what a plain scalar is."""

    def integer(self, node: Any) -> int:
        text = self.construct_scalar(node).replace("_", "")
        digits = text.lstrip("-+")
        base = {"0b": 2, "0o": 8, "0x": 16}.get(digits[:2], 10)
        value = int(digits if base == 10 else digits[2:], base)
        return -value if text.startswith("-") else value


_Loader.yaml_implicit_resolvers = {
    first: [rule for rule in rules if rule[0] not in (INTEGER, FLOAT, BOOLEAN)]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, _pattern, _first in RULES:
    _Loader.add_implicit_resolver(_tag, re.compile(f"(?:{_pattern})$"), list(_first))
_Loader.add_constructor(INTEGER, _Loader.integer)
