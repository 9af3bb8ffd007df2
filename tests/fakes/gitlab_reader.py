"""What GitLab finds in a comment to act on: quick actions in its text, references in its finished HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

# As lib/gitlab/quick_actions/extractor.rb of GitLab finds them, for any command, and without its exceptions.
ACTION = re.compile(r"^/[A-Za-z_]+(?= |\s*\n|$)", re.MULTILINE)
MENTION = re.compile(r"@\w|(?<!\w)[#!]\d|(?<!\w)&\d")


def actions(text: str) -> list[str]:
    """The quick actions that would run."""
    return ACTION.findall(text.replace("\r", ""))


def references(page: str) -> list[str]:
    """The stretches of text that mention a person or refer to something."""
    return [part for part in _Shown(page).texts if MENTION.search(part)]


def rendered(text: str) -> str:
    """Markdown as HTML, as GitLab has it before it looks for references."""
    page: str = MarkdownIt("commonmark").enable("table").enable("strikethrough").render(text)
    return page


class _Shown(HTMLParser):
    """Notes the stretches of text that are in no code and no link."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._quiet: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("pre", "code", "a", "style", "script"):
            self._quiet.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._quiet:
            self._quiet.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.texts.append(data)
