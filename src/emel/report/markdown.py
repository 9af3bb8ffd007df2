"""A document as GitLab Flavored Markdown, which is also good on GitHub and in an editor.

Text of the user is kept from being read as anything else: a mention, a reference, HTML, a table's end, or a
quick action (GitLab runs a line that begins with `/close`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from emel.report.blocks import (
    Banner,
    Block,
    Code,
    CodeBlock,
    Details,
    Document,
    Heading,
    Image,
    Inline,
    Line,
    Link,
    Markdown,
    Paragraph,
    Strong,
    Table,
    Toned,
)
from emel.report.guard import CLOSING, WORD_JOINER

MOST_ROWS = 300
"""Of a table. GitLab gives up on text that takes it long to draw."""
MARKS = {"good": "🟢 ", "bad": "🔴 ", "neutral": ""}
VERDICTS = {"good": "✅", "bad": "❌", "neutral": "⚪"}


def parts(document: Document, images: Mapping[str, str]) -> tuple[str, ...]:
    """The text, section by section. `images` has the address of each plot's picture, by the plot's name."""
    found: list[list[str]] = []
    for block in document.blocks:
        if not found or isinstance(block, Heading):
            found.append([])
        found[-1].append(_block(block, images))
    return tuple("\n\n".join(texts) for texts in found)


def _block(block: Block, images: Mapping[str, str]) -> str:
    match block:
        case Banner():
            return f"## {VERDICTS[block.tone]} {escape(block.title)}\n\n{_line(block.line)}"
        case Heading():
            return f"### {escape(block.text)}"
        case Paragraph():
            return _line(block.line)
        case Table():
            return _table(block)
        case Image():
            return f"![{escape(block.alt)}]({images[block.plot.name]})"
        case CodeBlock():
            return _fenced(block)
        case Markdown():
            return block.text.strip("\n")
        case Details():
            inner = "\n\n".join(_block(part, images) for part in block.blocks)
            summary = html.escape(shielded(_flat(block.summary)), quote=False)
            return f"<details><summary>{summary}</summary>\n\n{inner}\n\n</details>"


def _table(table: Table) -> str:
    header = [escape(text) or " " for text in table.header]
    rule = ["---:" if column in table.numeric else "---" for column in range(len(header))]
    rows = [[_cell(cell) for cell in row] for row in table.rows[:MOST_ROWS]]
    text = "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))
    left = len(table.rows) - MOST_ROWS
    return f"{text}\n\n{left:,} more rows are in report.html." if left > 0 else text


def _cell(line: Line) -> str:
    # A table ends its cells at every bar, even inside code.
    return "".join(re.sub(r"(?<!\\)\|", r"\\|", _inline(part)) for part in line)


def _line(line: Line) -> str:
    text = "".join(_inline(part) for part in line)
    return re.sub(r"^([-+=>#/]|\d+(?=[.)]))", _parted, text)


def _parted(start: re.Match[str]) -> str:
    """What a line begins with, so that it begins no list, quote, heading or quick action."""
    return f"{start[0]}{WORD_JOINER}" if start[0].isdigit() else f"\\{start[0]}"


def _inline(part: Inline) -> str:
    match part:
        case str():
            return escape(part)
        case Code():
            return _code(part.text)
        case Strong():
            return f"**{escape(part.text)}**"
        case Toned():
            return MARKS[part.tone] + escape(part.text)
        case Link():
            return _link(part)


def _link(link: Link) -> str:
    if not re.fullmatch(r"https?://[^\s<>]+", link.url):
        return _code(link.text or link.url)
    return f"<{link.url}>" if link.text is None else f"[{escape(link.text)}](<{link.url}>)"


def escape(text: str) -> str:
    """Plain text that stays plain: no markup, no address, and no mention or reference of GitLab's."""
    return re.sub(r"([\\`*_\[\]<>|~$&])", r"\\\1", shielded(_flat(text)))


def shielded(text: str) -> str:
    """The text without a mention, a reference or a word that closes what is referred to.

    GitLab finds references in the finished HTML, where a backslash is gone already: so a character that
    nobody sees parts the sign from the name.
    """
    open_ended = CLOSING.sub(rf"\1{WORD_JOINER}\2", text)
    return re.sub(r"([@#!~%$&])(?=[\w.\"'])|(?<=\w:)(?=//)", rf"\1{WORD_JOINER}", open_ended)


def _code(text: str) -> str:
    flat = _flat(text).strip()
    if not flat:
        return "–"
    longest = max((len(run) for run in re.findall(r"`+", flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def _fenced(block: CodeBlock) -> str:
    # GitLab leaves out carriage returns before it looks for anything.
    plain = block.text.replace("\r", "")
    longest = max((len(run) for run in re.findall(r"`+", plain)), default=0)
    fence = "`" * max(3, longest + 1)
    # Old versions of GitLab see quick actions in a block whose fence is longer than three.
    text = re.sub(r"^/(?=[A-Za-z_]+(?:\s|$))", f"{WORD_JOINER}/", plain, flags=re.MULTILINE)
    return f"{fence}{block.language}\n{text}\n{fence}"


def _flat(text: str) -> str:
    """On one line, without characters that no one sees."""
    return re.sub(r"  +", " ", "".join(char if char.isprintable() else " " for char in text))
