"""The local files that a Markdown text shows or links to, and the text with other addresses in their places.

Nothing of the text changes but those addresses. Where they stand is found in the text itself; what counts as
an image, a link or a definition is for a reader of Markdown to say.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from emel.report.guard import reader

if TYPE_CHECKING:
    from markdown_it.token import Token

_INLINE = re.compile(
    r"(?<!\\)\]\([ \t]*\n?[ \t]*(<[^<>\n]*>|[^\s()<>]+(?:\([^\s()]*\)[^\s()]*)*)"
    r"(?=(?:[ \t\n]+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?[ \t\n]*\))"
)
_DEFINITION = re.compile(r"^ {0,3}\[(?!\^)[^\]\n]+\]:[ \t]*\n?[ \t]*(<[^<>\n]*>|[^\s<>]+)", re.MULTILINE)
_TAG = re.compile(
    r"<(?:img|video|audio|source|a)\b[^<>]{0,500}?\b(?:src|href)\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')",
    re.IGNORECASE,
)
_CODE_SPAN = re.compile(r"(?<![\\`])(`+)(?!`)(?:(?!\n[ \t]*\n)[\s\S])+?(?<!`)\1(?!`)")
_COMMENT = re.compile(r"<!--[\s\S]*?(?:-->|\Z)")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//|#|/uploads/|\?)", re.IGNORECASE)
DATA = re.compile(r"data:image/[a-z.+-]+;base64,", re.IGNORECASE)
"""How a picture begins that stands in the text itself."""


class LocalFile(NamedTuple):
    """An address in a text that names a file, or a picture that stands in the text itself."""

    start: int
    end: int
    path: str
    """Decoded; `data:…` for a picture that stands in the text."""


def local_files(text: str) -> tuple[LocalFile, ...]:
    """The addresses of files, in the order in which they stand in the text."""
    if "](" not in text and "]:" not in text and "<" not in text:
        return ()
    env: dict[str, Any] = {}
    tokens = reader().parse(text, env)
    prose = _without_code(text, tokens)
    known = frozenset(_destinations(tokens, env))
    found = set()
    for start, end in _places(prose, (_INLINE, _DEFINITION)):
        if text[start] == "<":
            start, end = start + 1, end - 1
        if _normal(text[start:end]) in known:
            found.add((start, end, _unescaped(text[start:end])))
    for start, end in _places(prose, (_TAG,)):
        found.add((start, end, html.unescape(text[start:end])))
    return tuple(
        LocalFile(start, end, written if DATA.match(written) else unquote(re.split(r"[?#]", written)[0]))
        for start, end, written in sorted(found)
        if written and (DATA.match(written) or not _ELSEWHERE.match(written))
    )


def with_addresses(text: str, addresses: Mapping[LocalFile, str]) -> str:
    """The text with these addresses in the places of files; all else stays as it is, to the byte."""
    parts, end = [], 0
    for file in sorted(addresses):
        parts += [text[end : file.start], addresses[file]]
        end = file.end
    return "".join([*parts, text[end:]])


def _without_code(text: str, tokens: Sequence[Token]) -> str:
    """The text with blanks in the places of code and comments."""
    code = {
        number
        for token in tokens
        if token.type in ("fence", "code_block") and token.map
        for number in range(*token.map)
    }
    lines = _LINE.findall(text)
    prose = "".join(_blank(line) if number in code else line for number, line in enumerate(lines))
    for pattern in (_COMMENT, _CODE_SPAN):
        prose = pattern.sub(lambda match: _blank(match[0]), prose)
    return prose


def _blank(text: str) -> str:
    return re.sub(r"[^\r\n]", " ", text)


def _destinations(tokens: Sequence[Token], env: Mapping[str, Any]) -> Iterator[str]:
    """Where the images, links and definitions of the text lead, as the reader writes it."""
    for token in tokens:
        for inner in token.children or ():
            yield str(inner.attrs.get("src") or inner.attrs.get("href") or "")
    for defined in env.get("references", {}).values():
        yield defined["href"]


def _places(prose: str, patterns: Sequence[re.Pattern[str]]) -> Iterator[tuple[int, int]]:
    for pattern in patterns:
        for match in pattern.finditer(prose):
            yield match.span(match.lastindex or 0)


def _normal(written: str) -> str:
    return reader().normalizeLink(_unescaped(written))


def _unescaped(written: str) -> str:
    """An address without the backslashes and entities of Markdown."""
    return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", written))
