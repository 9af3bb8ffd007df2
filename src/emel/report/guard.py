"""Markdown that somebody else wrote, made harmless: it keeps its looks, and moves nothing in GitLab.

What GitLab acts on, and what is done about it:

* a line that begins with `/close` runs a quick action, in old versions also inside some blocks of code
  (lib/gitlab/quick_actions/extractor.rb of GitLab): a backslash stands before it, which is not shown
* `@name` notifies, `#1`, `!1` and `&1` leave a note at what they name, found in the finished HTML, where
  entities and backslashes are gone: an invisible character parts the sign from the name
* `Closes PROJECT-1` may close: an invisible character parts the word
* a comment or a block of code that is never ended would swallow the rest of the report: it is ended
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

WORD_JOINER = "\u2060"
"""Takes no room, is not a space, and belongs to no name."""

_NOTIFYING = r"@(?![\s\u2060]|\Z)|[#!&](?=\d)"
MENTIONS = re.compile(_NOTIFYING + r"|(?<![\w~])~(?=[\w\"])|(?<![\w%])%(?=[A-Za-z\"])")
CLOSING = re.compile(
    r"\b([cfri])((?:los|ix|esolv|mplement)(?:e[sd]?|ing|s)?\b)(?=:?\s+(?:https?://|[A-Z][A-Z0-9_]+-\d))",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});")
_COMMENT = re.compile(r"<!--[\s\S]*?-->")
_SWALLOWING = re.compile(r"<(?=[!?]|/?(?:script|style|textarea)\b)", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9@#!~%$/:-]")
_ADDRESS_OR_MENTION = re.compile(rf"(https?://[^\s<>)\]\"'`]+)|{MENTIONS.pattern}")
_CODE_SPAN = re.compile(r"(?<![\\`])(`+)(?!`)(?:(?!\n[ \t]*\n)[\s\S])+?(?<!`)\1(?!`)")
_ACTION_IN_CODE = re.compile(r"^/(?=[A-Za-z_]+(?:\s|$))", re.MULTILINE)


class Piece(NamedTuple):
    """A stretch of markdown: code of either kind is shown as it is, and holds no markup."""

    kind: Literal["text", "span", "block"]
    text: str


def guarded(text: str) -> str:
    """The text, harmless. Lines end with a line feed, and everything that was opened is closed."""
    clean = _closed(_without_comments(_plain_lines(text)))
    done = "".join(_guarded(piece) for piece in pieces(clean))
    # Where spans of code begin and end has corners. If a reader of Markdown sees other ones than we do,
    # nothing counts as a span.
    return done if _is_harmless(done) else "".join(_guarded(piece) for piece in pieces(clean, spans=False))


def pieces(text: str, *, spans: bool = True) -> Iterator[Piece]:
    """The text in stretches, whose texts together are the text again."""
    lines = text.splitlines(keepends=True)
    code = _code_lines(text)
    for is_code, numbers in groupby(range(len(lines)), key=code.__contains__):
        stretch = "".join(lines[number] for number in numbers)
        if is_code:
            yield Piece("block", stretch)
        elif spans:
            yield from _with_spans(stretch)
        else:
            yield Piece("text", stretch)


@cache
def reader() -> MarkdownIt:
    """What reads the Markdown of GitLab as far as it is GitHub's: CommonMark, tables, strikethrough."""
    # Loaded for a section of the user's own alone.
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").enable("strikethrough")


@lru_cache(maxsize=4)
def _parsed(text: str) -> list[Token]:
    return reader().parse(text)


def _plain_lines(text: str) -> str:
    # GitLab deletes carriage returns before it looks for quick actions. Other ends of lines are none in
    # Markdown, but are for splitlines.
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return re.sub("[\v\f\x1c-\x1e\x85\u2028\u2029]", " ", text).rstrip("\n") + "\n"


def _without_comments(text: str) -> str:
    """Nobody sees them, and one could pretend to be the mark by which the report is found again.

    The tags that GitLab takes out become text, so that they hide nothing after them.
    """
    parts = (
        piece.text if piece.kind != "text" else _SWALLOWING.sub("&lt;", _COMMENT.sub("", piece.text))
        for piece in pieces(text)
    )
    return "".join(parts)


def _closed(text: str) -> str:
    text = text.rstrip("\n") + "\n"
    fences = [f"{token.markup}\n" for token in _parsed(text) if token.type == "fence"]
    endings = (
        text + tags for text in (text, *(text + fence for fence in fences[-1:])) for tags in _tags(text)
    )
    # HTML that is entangled with code beyond repair becomes text.
    found = next(filter(_ends, endings), None)
    return found or (_closed(text.replace("<", "&lt;")) if "<" in text else text)


def _tags(text: str) -> tuple[str, ...]:
    """The ends of what the text leaves open; nothing, for where these ends would stand in code."""
    outside = "".join(piece.text for piece in pieces(text) if piece.kind == "text").lower()
    missing = {
        tag: len(re.findall(rf"<{tag}\b", outside)) - outside.count(f"</{tag}") for tag in ("pre", "details")
    }
    return "".join(f"\n</{tag}>\n" * count for tag, count in missing.items()), ""


def _ends(text: str) -> bool:
    """Whether what comes after the text is a paragraph of its own."""
    after = _parsed(f"{text}\n\nx\n")[-3:]
    return [token.type for token in after] == ["paragraph_open", "inline", "paragraph_close"]


def _code_lines(text: str) -> set[int]:
    found: set[int] = set()
    for token in _parsed(text):
        if token.type in ("fence", "code_block") and token.map:
            found.update(range(*token.map))
    return found


def _with_spans(text: str) -> Iterator[Piece]:
    end = 0
    for span in _CODE_SPAN.finditer(text):
        yield Piece("text", text[end : span.start()])
        yield Piece("span", span[0])
        end = span.end()
    yield Piece("text", text[end:])


def _guarded(piece: Piece) -> str:
    if piece.kind == "block":
        return _ACTION_IN_CODE.sub(f"{WORD_JOINER}/", piece.text)
    if piece.kind == "span":
        return re.sub(r"(?<=\n)/", f"{WORD_JOINER}/", piece.text)
    text = _ENTITY.sub(_decoded, piece.text)
    text = _ADDRESS_OR_MENTION.sub(_parted, text)
    text = CLOSING.sub(rf"\1{WORD_JOINER}\2", text)
    return re.sub(r"(?:(?<=\n)|\A)/", r"\\/", text)


def _parted(found: re.Match[str]) -> str:
    if found[1] is None:
        return found[0] + WORD_JOINER
    # In an address an invisible character would lead elsewhere; the sign itself can be written otherwise.
    return re.sub(_NOTIFYING, rf"\g<0>{WORD_JOINER}", found[0].replace("@", "%40"))


def _decoded(entity: re.Match[str]) -> str:
    """Letters, digits and signs that were written in a roundabout way; others stay as they are."""
    meant = html.unescape(entity[0])
    if meant == "&" and entity.string[entity.end() :][:1].isdigit():
        return f"&amp;{WORD_JOINER}"
    return meant if _PLAIN.fullmatch(meant) else entity[0]


def _is_harmless(text: str) -> bool:
    shown: list[str] = []
    _visit(text, shown.append)
    return not any(MENTIONS.search(part) for part in shown)


def _visit(text: str, see: Callable[[str], None]) -> None:
    """Show `see` every stretch of plain text in the finished document."""
    for block in _parsed(text):
        if block.type == "html_block":
            see(html.unescape(block.content))
        for token in block.children or ():
            if token.type == "text":
                see(token.content)
