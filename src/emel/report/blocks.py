"""What a report is made of. Text in blocks is plain: whoever draws a block escapes it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from emel.records import Plot

Tone = Literal["good", "bad", "neutral"]


class Code(Struct, frozen=True):
    """A name or value of the user: drawn as it is, never read as markup, mention or command."""

    text: str


class Strong(Struct, frozen=True):
    """Words that count."""

    text: str


class Toned(Struct, frozen=True):
    """Words that tell good from bad by themselves, and may be coloured."""

    text: str
    tone: Tone


class Link(Struct, frozen=True):
    """A web address, shown as it is."""

    url: str


Inline = str | Code | Strong | Toned | Link
Line = tuple[Inline, ...]


class Banner(Struct, frozen=True):
    """The verdict, first of all."""

    tone: Tone
    title: str
    line: Line


class Heading(Struct, frozen=True):
    """The name of a section."""

    text: str


class Paragraph(Struct, frozen=True):
    """One or more sentences."""

    line: Line


class Table(Struct, frozen=True):
    """Rows of cells, each as long as the header. `numeric` columns are set to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    numeric: tuple[int, ...] = ()


class Image(Struct, frozen=True):
    """A plot, drawn as PNG when the document is written. `alt` says in words what it shows."""

    plot: Plot
    alt: str


class CodeBlock(Struct, frozen=True):
    """Lines to be copied."""

    text: str
    language: str = ""


class Details(Struct, frozen=True):
    """Blocks that are folded away under a summary."""

    summary: str
    blocks: tuple[Block, ...]


Block = Banner | Heading | Paragraph | Table | Image | CodeBlock | Details


class Document(Struct, frozen=True):
    """A whole report."""

    title: str
    blocks: tuple[Block, ...]

    def images(self) -> tuple[Image, ...]:
        """Every plot in it, from top to bottom."""
        return _images(self.blocks)


def _images(blocks: tuple[Block, ...]) -> tuple[Image, ...]:
    found: list[Image] = []
    for block in blocks:
        if isinstance(block, Image):
            found.append(block)
        elif isinstance(block, Details):
            found.extend(_images(block.blocks))
    return tuple(found)
