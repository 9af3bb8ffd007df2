"""A section that the user wrote as Markdown, such as the `report.md` of a pipeline that was made for CML.

Its text goes through byte for byte but for what `guard` changes. Pictures of the repository travel with it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from urllib.parse import unquote

from emel.records import Picture
from emel.report.blocks import Markdown
from emel.report.guard import guarded, pieces
from emel.report.names import file_name

Load = Callable[[str], bytes | str]
"""Path of a picture as the text has it → its content, or in words why it is not shown."""

Address = Callable[[str], str | None]
"""Path of a file as the text has it → its page in the forge; None where it has none."""

SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpg",
    b"GIF87a": "gif",
    b"GIF89a": "gif",
}
"""How a picture that GitLab and browsers show begins. https://www.iana.org/assignments/media-types"""

_IMAGE = re.compile(
    r"!\[((?:\\.|[^\\\]])*)\]\(\s*(<[^>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)([^)\n]{0,300})\)"
)
_LINK = re.compile(
    r"(?<!!)(\[(?:\\.|[^\\\[\]]){1,300}\]\()\s*(<[^>\n]*>|[^\s()<>]+)(?=(?:\s+[\"'][^)\n]{0,300})?\s*\))"
)
_HTML_IMAGE = re.compile(r"<img\b[^>]{0,500}?\bsrc\s*=\s*(\"[^\"]*\"|'[^']*')[^>]{0,500}>", re.IGNORECASE)
_DEFINITION = re.compile(r"^( {0,3}\[[^\]\n]+\]:[ \t]*)(<[^>\n]*>|\S+)", re.MULTILINE)
_ELSEWHERE = re.compile(r"(?:[a-z][a-z0-9+.-]*:|//|#)", re.IGNORECASE)
_DATA = re.compile(r"data:image/[a-z.+-]+;base64,", re.IGNORECASE)
_PICTURE_PATH = re.compile(r"\.(?:png|jpe?g|gif)$", re.IGNORECASE)


def own_section(text: str, load: Load, address: Address | None = None) -> tuple[Markdown, tuple[str, ...]]:
    """The section, and in words which of its pictures are not shown.

    A picture that cannot be had leaves a note in its place. Pictures of the web stay where they are. Links to
    files of the repository get the `address` that they have in the forge: a comment stands in no folder.
    """
    gallery = _Gallery(load, address)
    found = "".join(
        piece.text if piece.kind != "text" else gallery.replaced(piece.text)
        for piece in pieces(text.replace("\r\n", "\n"))
    )
    return Markdown(guarded(found), tuple(gallery.pictures.values())), tuple(gallery.problems)


class _Gallery:
    """The pictures that a text shows, each once."""

    def __init__(self, load: Load, address: Address | None) -> None:
        self._load = load
        self._address = address
        self.pictures: dict[str, Picture] = {}
        self.problems: list[str] = []

    def replaced(self, text: str) -> str:
        """The text with placeholders in the place of paths."""
        text = _IMAGE.sub(self._image, text)
        text = _HTML_IMAGE.sub(self._html_image, text)
        text = _LINK.sub(self._link, text)
        return _DEFINITION.sub(self._definition, text)

    def _image(self, found: re.Match[str]) -> str:
        shown = self._placeholder(found[2].strip("<>"))
        if shown is None:
            return found[0]
        return f"![{found[1]}]({shown}{found[3]})" if shown.startswith("picture:") else shown

    def _html_image(self, found: re.Match[str]) -> str:
        shown = self._placeholder(found[1][1:-1])
        if shown is None:
            return found[0]
        return found[0].replace(found[1], f'"{shown}"') if shown.startswith("picture:") else shown

    def _link(self, found: re.Match[str]) -> str:
        path, _, anchor = found[2].strip("<>").partition("#")
        if self._address is None or not path or path.startswith("/") or _ELSEWHERE.match(path):
            return found[0]
        whole = self._address(unquote(path))
        return f"{found[1]}{whole}{'#' if anchor else ''}{anchor}" if whole else found[0]

    def _definition(self, found: re.Match[str]) -> str:
        path = found[2].strip("<>")
        if not _PICTURE_PATH.search(path):
            return found[0]
        shown = self._placeholder(path)
        return f"{found[1]}{shown}" if shown and shown.startswith("picture:") else found[0]

    def _placeholder(self, address: str) -> str | None:
        """What to write for a picture; None to leave it as it is, as one of the web."""
        if _DATA.match(address):
            name, content = "inline", _decoded(address)
        elif not address or _ELSEWHERE.match(address):
            return None
        else:
            name = unquote(address)
            content = self._load(name)
        if isinstance(content, bytes) and not any(content.startswith(start) for start in SIGNATURES):
            content = "it is no PNG, JPEG or GIF"
        if isinstance(content, str):
            self.problems.append(f"{name}: {content}")
            return f"*(picture not shown: {_in_words(name)}, {content})*"
        return self._kept(name, content).placeholder

    def _kept(self, name: str, content: bytes) -> Picture:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if digest not in self.pictures:
            ending = next(end for start, end in SIGNATURES.items() if content.startswith(start))
            taken = {picture.file_name for picture in self.pictures.values()}
            path = name.rpartition("/")[2].rpartition(".")[0] or name
            self.pictures[digest] = Picture(
                file_name=file_name(path, ending, taken), digest=digest, content=content
            )
        return self.pictures[digest]


def _decoded(address: str) -> bytes | str:
    try:
        return base64.b64decode(address.partition(",")[2], validate=True)
    except binascii.Error:
        return "its base64 is broken"


def _in_words(path: str) -> str:
    return re.sub(r"[^\w./ -]", "?", path)[:120]
