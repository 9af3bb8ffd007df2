"""Plain values → YAML that a person reads: block style, a comment above what needs one.

Written by ourselves because no YAML library that emel could lean on writes comments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

# A plain scalar of YAML 1.2, section 7.3.3, drawn narrower than the standard does.
_PLAIN = re.compile(r"[A-Za-z0-9_./$~+][^\n]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_OTHER_TYPE = re.compile(
    r"(?i)true|false|yes|no|on|off|null|~|y|n|[-+]?\.(inf|nan)|[-+.\d][\da-f_.:xo+-]*|\d{4}-\d\d-\d\d.*"
)


class Noted:
    """A value with a comment above its key, or above its item of a list."""

    def __init__(self, comment: str, value: Any) -> None:
        self.comment = comment
        self.value = value


def to_yaml(values: Mapping[str, Any]) -> str:
    """A document. Tables at its top stand apart by an empty line."""
    blocks = ["\n".join(_entry(key, value)) for key, value in values.items()]
    return "\n\n".join(blocks) + "\n"


def _entry(key: str, value: Any) -> list[str]:
    comment, value = _open(value)
    name = scalar(key)
    if isinstance(value, Mapping) and value:
        inner = [line for each, below in value.items() for line in _entry(each, below)]
        return [*comment, f"{name}:", *_indented(inner)]
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        return [*comment, f"{name}:", *_indented([line for item in value for line in _item(item)])]
    return [*comment, f"{name}:" if value is None else f"{name}: {_short(value)}"]


def _item(value: Any) -> list[str]:
    comment, value = _open(value)
    if isinstance(value, Mapping):
        first, *others = [line for each, below in value.items() for line in _entry(each, below)]
        return [*comment, f"- {first}", *_indented(others)]
    return [*comment, f"- {_short(value)}"]


def _open(value: Any) -> tuple[list[str], Any]:
    if isinstance(value, Noted):
        return [f"# {line}" for line in value.comment.splitlines()], value.value
    return [], value


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" if line else line for line in lines]


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return scalar(value)
    return "{}" if isinstance(value, Mapping) else "[]"


def scalar(text: str) -> str:
    """A text as YAML: plain where no reader could take it for something else, in double quotes otherwise."""
    is_plain = (
        _PLAIN.fullmatch(text)
        and not _OTHER_TYPE.fullmatch(text)
        and not re.search(r": |:$| #|\s$", text)
        and not _CONTROL.search(text)
    )
    if is_plain:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    shown = _CONTROL.sub(lambda found: rf"\u{ord(found[0]):04x}", escaped)
    return f'"{shown}"'
