"""A pipeline that calls `cml` → the same pipeline with emel's commands, line by line.

cml's command line: https://cml.dev/doc/ref. Its last release is of October 2024.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_SEND = re.compile(r"\bcml[- ]send-comment\b")
_COMMENT = re.compile(r"\bcml (comment (?:create|update))\b")
_PULL_REQUEST = re.compile(r"\bcml(?:-pr\b| pr(?: create)?\b)")
_PUBLISH = re.compile(
    r"\bcml(?:-publish| publish| asset publish)\s+(?P<file>[^\s-]\S*)"
    r"(?P<flags>(?:\s+--?[\w-]+(?:[= ][^\s>|-]\S*)?)*)"
)
_INSTALL = re.compile(r"\bnpm (?:i|install)\b[^&|;#]*@dvcorg/cml\S*")
_IMAGE = re.compile(r"^(?P<key>\s*image:\s*)['\"]?\S*(?:iterativeai|iterative|dvcorg)/cml\S*")
_LEFT = re.compile(r"\bcml(?:-runner| runner| check| repo| ci| workflow| tensorboard|-tensorboard-dev)\b")


class Replaced(NamedTuple):
    """The new text, and its lines whose `cml` has no other command, counted from 1."""

    text: str
    left: tuple[int, ...]


def without_cml(text: str, *, image: str, install: str) -> Replaced:
    """Replace images and commands of cml. `install` comes before a job's first command."""
    lines: list[str] = []
    left: list[int] = []
    installed = False
    for line in text.splitlines():
        if re.match(r"[^\s#-]", line):
            installed = False
        if line.lstrip().startswith("#"):
            lines.append(line)
            continue
        new = _IMAGE.sub(rf"\g<key>{image}", line)
        had_install = bool(_INSTALL.search(new))
        new = _INSTALL.sub(install, new)
        replaced = _commands(new)
        if replaced != new and not (installed or had_install):
            start = re.match(r"\s*(?:- )?", new)
            lines.append(f"{start[0] if start else ''}{install}")
        installed |= had_install or replaced != new
        if _LEFT.search(replaced):
            left.append(len(lines) + 1)
        lines.append(replaced)
    return Replaced("\n".join(lines) + ("\n" if text.endswith("\n") else ""), tuple(left))


def _commands(line: str) -> str:
    line = _SEND.sub("emel comment create", line)
    line = _COMMENT.sub(r"emel \1", line)
    line = _PULL_REQUEST.sub("emel pr create", line)
    # A comment of emel's uploads the pictures that it shows, so their place is all that has to be written.
    return _PUBLISH.sub(lambda found: f'echo "![]({found["file"]})"', line)
