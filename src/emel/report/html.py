"""A document as one HTML page that holds everything itself: no script, no font, no file beside it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from html import escape

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
from emel.report.style import CSS

TYPES = {b"\x89PN": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF": "image/gif"}
"""The beginnings of pictures that a section of the user's own may have."""


def render(document: Document, images: Mapping[str, bytes]) -> str:
    """The whole page. `images` has the PNG of each plot, by the plot's name."""
    body = "\n".join(_section(blocks, images) for blocks in _sections(document.blocks))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        # Even a mistake in the escaping below could not run a script or fetch anything.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(document.title)}</title>\n<style>{CSS}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _sections(blocks: tuple[Block, ...]) -> Iterator[list[Block]]:
    """The blocks up to the first heading, and then from heading to heading."""
    found: list[Block] = []
    for block in blocks:
        if found and isinstance(block, Heading):
            yield found
            found = []
        found.append(block)
    yield found


def _section(blocks: list[Block], images: Mapping[str, bytes]) -> str:
    inner = "\n".join(_block(block, images) for block in blocks)
    return f"<section>\n{inner}\n</section>" if blocks and isinstance(blocks[0], Heading) else inner


def _block(block: Block, images: Mapping[str, bytes]) -> str:
    match block:
        case Banner():
            title, line = escape(block.title), _line(block.line)
            return f'<header class="{block.tone}">\n<h1>{title}</h1>\n<p>{line}</p>\n</header>'
        case Heading():
            return f"<h2>{escape(block.text)}</h2>"
        case Paragraph():
            return f"<p>{_line(block.line)}</p>"
        case Table():
            return _table(block)
        case Image():
            data = base64.b64encode(images[block.plot.name]).decode("ascii")
            picture = f'<img src="data:image/png;base64,{data}" alt="{escape(block.alt)}">'
            return f'<figure class="plot">{picture}</figure>'
        case CodeBlock():
            return f"<pre><code>{escape(block.text)}</code></pre>"
        case Markdown():
            return _own(block)
        case Details():
            inner = "\n".join(_block(part, images) for part in block.blocks)
            return f"<details>\n<summary>{escape(block.summary)}</summary>\n{inner}\n</details>"


def _own(block: Markdown) -> str:
    addresses = {
        picture.placeholder: f"data:{TYPES[picture.content[:3]]};base64,"
        + base64.b64encode(picture.content).decode("ascii")
        for picture in block.pictures
    }
    # Loaded for a section of the user's own alone: its reader of Markdown takes 30 ms.
    from emel.report.own_html import own_html

    return f'<div class="own">\n{own_html(block.text, addresses)}\n</div>'


def _table(table: Table) -> str:
    def cells(kind: str, texts: list[str]) -> str:
        marks = [' class="n"' if column in table.numeric else "" for column in range(len(texts))]
        return "".join(f"<{kind}{mark}>{text}</{kind}>" for mark, text in zip(marks, texts, strict=True))

    head = ""
    if any(table.header):
        head = f"<thead><tr>{cells('th', [escape(text) for text in table.header])}</tr></thead>\n"
    rows = "\n".join(f"<tr>{cells('td', [_line(cell) for cell in row])}</tr>" for row in table.rows)
    return f'<div class="scroll"><table>\n{head}<tbody>\n{rows}\n</tbody>\n</table></div>'


def _line(line: Line) -> str:
    return "".join(_inline(part) for part in line)


def _inline(part: Inline) -> str:
    match part:
        case str():
            return escape(part)
        case Code():
            return f"<code>{escape(part.text)}</code>"
        case Strong():
            return f"<strong>{escape(part.text)}</strong>"
        case Toned():
            return f'<span class="{part.tone}">{escape(part.text)}</span>'
        case Link():
            url, text = escape(part.url), escape(part.text or part.url)
            return (
                f'<a href="{url}">{text}</a>' if re.match(r"https?://", part.url) else f"<code>{text}</code>"
            )
