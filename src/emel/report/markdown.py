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
    Paragraph,
    Strong,
    Table,
    Toned,
)

MARKS = {"good": "🟢 ", "bad": "🔴 ", "neutral": ""}
VERDICTS = {"good": "✅", "bad": "❌", "neutral": "⚪"}
WORD_JOINER = "\u2060"


def render(document: Document, images: Mapping[str, str]) -> str:
    """The whole text. `images` has the relative path of each plot's picture, by the plot's name."""
    return "\n\n".join(_block(block, images) for block in document.blocks) + "\n"


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
        case Details():
            inner = "\n\n".join(_block(part, images) for part in block.blocks)
            return f"<details><summary>{html.escape(_flat(block.summary))}</summary>\n\n{inner}\n\n</details>"


def _table(table: Table) -> str:
    header = [escape(text) or " " for text in table.header]
    rule = ["---:" if column in table.numeric else "---" for column in range(len(header))]
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def _cell(line: Line) -> str:
    # A table ends its cells at every bar, even inside code.
    return "".join(re.sub(r"(?<!\\)\|", r"\\|", _inline(part)) for part in line)


def _line(line: Line) -> str:
    text = "".join(_inline(part) for part in line)
    return re.sub(r"^([-+=>#/]|\d+(?=[.)]))", _shielded, text)


def _shielded(start: re.Match[str]) -> str:
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
            return f"<{part.url}>" if re.fullmatch(r"https?://[^\s<>]+", part.url) else _code(part.url)


def escape(text: str) -> str:
    """Plain text that stays plain: no markup, and no mention or reference of GitLab's.

    GitLab finds references in the finished HTML, where a backslash is gone already: so a character that
    nobody sees parts the sign from the name.
    """
    shielded = re.sub(r"([@#!~%$&])(?=[\w\"'])", rf"\1{WORD_JOINER}", _flat(text))
    return re.sub(r"([\\`*_\[\]<>|~$&])", r"\\\1", shielded)


def _code(text: str) -> str:
    flat = _flat(text).strip()
    if not flat:
        return "–"
    longest = max((len(run) for run in re.findall(r"`+", flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def _fenced(block: CodeBlock) -> str:
    longest = max((len(run) for run in re.findall(r"`+", block.text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{block.language}\n{block.text}\n{fence}"


def _flat(text: str) -> str:
    """On one line, without characters that no one sees."""
    return re.sub(r"  +", " ", "".join(char if char.isprintable() else " " for char in text))
