"""What a report is made of. Text in blocks is plain: whoever draws a block escapes it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from emel.records import Picture, Plot

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
    """A web address, shown as it is or under other words."""

    url: str
    text: str | None = None


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


class Markdown(Struct, frozen=True):
    """Text of the user's own that is Markdown, made harmless. Its pictures stand in it as placeholders."""

    text: str
    pictures: tuple[Picture, ...] = ()


class Details(Struct, frozen=True):
    """Blocks that are folded away under a summary."""

    summary: str
    blocks: tuple[Block, ...]


Block = Banner | Heading | Paragraph | Table | Image | CodeBlock | Markdown | Details


class Document(Struct, frozen=True):
    """A whole report."""

    title: str
    blocks: tuple[Block, ...]
    headline: str = ""
    """The verdict in one line."""

    def images(self) -> tuple[Image, ...]:
        """Every plot in it, from top to bottom."""
        return _images(self.blocks)

    def own_pictures(self) -> tuple[Picture, ...]:
        """The pictures of the sections that the user wrote, from top to bottom."""
        return _own(self.blocks)


def _images(blocks: tuple[Block, ...]) -> tuple[Image, ...]:
    found: list[Image] = []
    for block in blocks:
        if isinstance(block, Image):
            found.append(block)
        elif isinstance(block, Details):
            found.extend(_images(block.blocks))
    return tuple(found)


def _own(blocks: tuple[Block, ...]) -> tuple[Picture, ...]:
    found: list[Picture] = []
    for block in blocks:
        if isinstance(block, Markdown):
            found.extend(block.pictures)
        elif isinstance(block, Details):
            found.extend(_own(block.blocks))
    return tuple(found)
