"""A report that is ready to be shown: text, pictures, and what its next run wants to know of it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from emel.records.scalars import Scalar


class OwnSection(Struct, frozen=True, kw_only=True):
    """A section that the user wrote: a Markdown file of the repository, or what a command prints."""

    name: str
    title: str
    file: str | None = None
    """Relative to emel.toml."""
    command: str | None = None
    """For the shell."""
    folded: bool = False


class Picture(Struct, frozen=True, kw_only=True):
    """A picture of a report. Two with the same content are one."""

    file_name: str
    """`roc-curve.png`: small letters, digits, hyphens; no two alike in a report."""
    digest: str
    """`sha256:` and 64 hexadecimal digits, of the content."""
    content: bytes

    @property
    def placeholder(self) -> str:
        """What stands in the markdown where the picture's address belongs."""
        return f"picture:{self.digest.removeprefix('sha256:')}"


class RenderedReport(Struct, frozen=True, kw_only=True):
    """A report as GitLab Flavored Markdown and as one HTML page.

    Nothing in it runs a quick action, mentions a person, refers to an issue or holds a known secret.
    """

    headline: str
    """The verdict in one line of plain text, not escaped."""
    passed: bool | None
    """What the gate says; None without any rule."""
    commit: str
    """Of the candidate: 40 hexadecimal digits."""
    metrics: dict[str, Scalar]
    """The candidate's own, for a history of runs. Names are the user's, not escaped."""
    parts: tuple[str, ...]
    """The markdown in pieces that stand by themselves, the most important first: where there is no room for
    all, leave the last ones out."""
    pictures: tuple[Picture, ...]
    """From top to bottom, each once."""
    html: str
    """The whole page with its pictures inside."""

    def markdown(self, addresses: Mapping[str, str]) -> str:
        """The whole text. `addresses` has each picture's URL or relative path, by its digest."""
        return self.with_addresses("\n\n".join(self.parts) + "\n", addresses)

    def with_addresses(self, text: str, addresses: Mapping[str, str]) -> str:
        """Some of the parts, with the pictures' addresses in the places of their placeholders."""
        for picture in self.pictures:
            text = text.replace(picture.placeholder, addresses[picture.digest])
        return text
