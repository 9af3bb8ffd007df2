"""The user's own Markdown as HTML: what Markdown makes, and of HTML in it only what cannot do anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser

from emel.report.guard import WORD_JOINER, reader

PLAIN = frozenset(
    (
        *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "br", "hr"),
        *("em", "strong", "b", "i", "del", "s", "ins", "sub", "sup", "kbd", "details", "summary"),
        *("table", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd"),
    )
)
"""Tags that are kept, without their attributes. All others are left out, and what they enclose is kept."""
EMPTY = frozenset(("br", "hr", "img"))
SILENT = frozenset(("script", "style", "title", "textarea", "iframe", "noscript"))
"""Tags whose content is no text for people."""
DEEPER = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6", "h6": "h6"}
"""A section's own title is an `h2`."""


def own_html(text: str, pictures: Mapping[str, str]) -> str:
    """The text as HTML. `pictures` has the data URL of each picture, by its placeholder."""
    cleaner = _Cleaner(pictures)
    # GitLab's way to say how large a picture is.
    plain = re.sub(r"(?<=\))\{(?:width|height)[^{}\n]*\}", "", text)
    cleaner.feed(reader().render(plain).replace(WORD_JOINER, ""))
    return cleaner.finished()


class _Cleaner(HTMLParser):
    """Writes anew what may stay of a page."""

    def __init__(self, pictures: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self._pictures = pictures
        self._written: list[str] = []
        self._open: list[str] = []
        self._silent: str | None = None

    def finished(self) -> str:
        """All that was written, with its ends."""
        self.close()
        while self._open:
            self._end(self._open[-1])
        return "".join(self._written).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in SILENT:
            self._silent = self._silent or tag
        elif tag == "img":
            self._image(values)
        elif tag == "a":
            self._start("a", _link(values.get("href", "")))
        elif tag in PLAIN:
            if tag == "table":
                self._written.append('<div class="scroll">')
            self._start(DEEPER.get(tag, tag), _alignment(values))

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = None
            return
        kept = DEEPER.get(tag, tag)
        if kept in self._open:
            while self._open[-1] != kept:
                self._end(self._open[-1])
            self._end(kept)

    def handle_data(self, data: str) -> None:
        if self._silent is None:
            self._written.append(escape(data, quote=False))

    def _start(self, tag: str, attributes: str) -> None:
        self._written.append(f"<{tag}{attributes}>")
        if tag not in EMPTY:
            self._open.append(tag)

    def _end(self, tag: str) -> None:
        self._written.append(f"</{tag}>" + ("</div>" if tag == "table" else ""))
        self._open.pop()

    def _image(self, values: Mapping[str, str]) -> None:
        source, alt = values.get("src", ""), values.get("alt", "")
        if source in self._pictures:
            self._written.append(f'<img src="{self._pictures[source]}" alt="{escape(alt)}">')
        elif re.match(r"https?://", source):
            # The page fetches nothing: whoever reads it decides whether to.
            self._written.append(f'<a href="{escape(source)}">{escape(alt or source)}</a>')
        else:
            self._written.append(escape(alt))


def _link(address: str) -> str:
    return f' href="{escape(address)}" rel="noreferrer"' if re.match(r"https?://", address) else ""


def _alignment(values: Mapping[str, str]) -> str:
    found = re.search(r"text-align:\s*(left|right|center)", values.get("style", ""))
    side = found[1] if found else values.get("align", "")
    return ' class="n"' if side == "right" else ""
