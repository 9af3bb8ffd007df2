"""A Markdown file as it is written into a comment: to the byte, with the files that it shows uploaded."""

from __future__ import annotations

import base64
import binascii
import hashlib
import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from msgspec import Struct

from emel.errors import ForgeError, ResultsError
from emel.records import Picture
from emel.report.local_files import DATA, LocalFile, local_files, with_addresses
from emel.secrets import Masker
from emel.system.files import FileOutsideError, read_below

LONGEST = 999_000
"""Characters of a text, which leaves room for the line by which its comment is found."""
LARGEST_FILE = 100 << 20
"""Bytes; what gitlab.com takes (GitLab documentation, «Account and limit settings»)."""


class CommentText(Struct, frozen=True, kw_only=True):
    """What is to be written."""

    text: str
    files: Mapping[LocalFile, Picture]
    """Each address in the text that names a file, and that file."""
    names: tuple[str, ...]
    """The files that the text names, also those that are left out: relative to its folder."""
    problems: tuple[str, ...]
    """In words, which files are left out and why."""

    def compose(self, addresses: Mapping[str, str], room: int) -> str:
        """The text with the URL of each file, by its digest. Nothing is cut off: it has been measured."""
        return with_addresses(self.text, {at: addresses[file.digest] for at, file in self.files.items()})

    def uploads(self) -> tuple[Picture, ...]:
        """The files, each once."""
        return tuple({file.digest: file for file in self.files.values()}.values())


def read_comment(file: Path, top: Path, mask: Masker, *, publishing: bool) -> CommentText:
    """The text of `file`, which may lie anywhere, and the files of the tree below `top` that it names.

    Known secrets become `[MASKED]`. Errors: ResultsError when there is no such text, or it is empty;
    ForgeError when it is too long.
    """
    text = mask(_read_text(file))
    if not text.strip():
        raise ResultsError(
            "there is nothing to write: the text is empty", where=str(file), hint="write Markdown to it first"
        )
    if len(text) > LONGEST:
        raise ForgeError(
            f"a comment has room for {LONGEST:,} characters, and this text has {len(text):,}",
            where=str(file),
            hint="keep the whole as an artifact of the job, and write what matters",
        )
    found: dict[LocalFile, Picture] = {}
    problems: dict[str, str] = {}
    named = local_files(text) if publishing else ()
    for at in named:
        content = _content(at.path, file, top, mask)
        if isinstance(content, str):
            problems[at.path] = f"{at.path[:120]}: {content}"
            continue
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        found[at] = Picture(file_name=_file_name(at.path), digest=digest, content=content)
    names = tuple(dict.fromkeys(at.path for at in named if not DATA.match(at.path)))
    return CommentText(text=text, files=found, names=names, problems=tuple(problems.values()))


def read_upload(path: str, folder: Path, top: Path, mask: Callable[[str], str]) -> bytes | str:
    """A file of the tree below `top`, or in words why it is not uploaded. `path` starts from `folder`."""
    inside = folder.resolve()
    if path.startswith("/") or not inside.is_relative_to(top.resolve()):
        return "only files of the project are uploaded"
    # From docs/report.md, ../plots/x.png is a file of the project: dots go before it is opened.
    start = PurePosixPath(inside.relative_to(top.resolve()).as_posix())
    plain = posixpath.normpath((start / path).as_posix())
    if ".git" in PurePosixPath(plain).parts:
        return "what Git keeps for itself is not uploaded"
    try:
        content = read_below(top, plain, limit=LARGEST_FILE)
    except FileOutsideError:
        return "it leads out of the project, or over a link"
    except OSError as problem:
        return (problem.strerror or "it cannot be read").lower()
    except ValueError as problem:
        return str(problem).removeprefix(f"{plain} ")
    if _holds_secret(content, mask):
        return "it holds what looks like a secret"
    return content


def _read_text(file: Path) -> str:
    try:
        # Ends of lines stay as they are.
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError as problem:
        raise ResultsError(
            "there is no such file", where=str(file), hint="write the Markdown to it first"
        ) from problem
    except UnicodeDecodeError as problem:
        raise ResultsError(
            f"this is no text in UTF-8: {problem.reason} at byte {problem.start}",
            where=str(file),
            hint="save it as UTF-8",
        ) from problem


def _content(path: str, file: Path, top: Path, mask: Callable[[str], str]) -> bytes | str:
    if not DATA.match(path):
        return read_upload(path, file.parent, top, mask)
    try:
        return base64.b64decode(path.partition(",")[2], validate=True)
    except binascii.Error:
        return "its base64 is broken"


def _file_name(path: str) -> str:
    """Letters, digits, dots and hyphens alone: `ROC_a b.png` → `ROC-a-b.png`."""
    if DATA.match(path):
        return "inline." + re.sub(r"\W.*", "", path.partition("/")[2]).replace("jpeg", "jpg")
    plain = re.sub(r"[^A-Za-z0-9.]+", "-", PurePosixPath(path).name).strip(".-")[-100:]
    return plain or "file"


def _holds_secret(content: bytes, mask: Callable[[str], str]) -> bool:
    """Whether a text has a secret in it. Other files are taken as they are: noise has any form by chance."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return "\0" not in text and mask(text) != text
