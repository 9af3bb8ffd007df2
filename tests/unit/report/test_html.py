from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from emel.report import html
from emel.report.blocks import (
    Banner,
    Code,
    CodeBlock,
    Details,
    Document,
    Heading,
    Link,
    Paragraph,
    Strong,
    Table,
    Toned,
)


class Reader(HTMLParser):
    """Notes every tag, attribute and piece of text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def page(text: str) -> Reader:
    """A page with the text in every place where text may stand."""
    blocks = (
        Banner("good", text, (text,)),
        Heading(text),
        Paragraph((text, Code(text), Strong(text), Toned(text, "bad"), Link(text))),
        Table((text,), (((Code(text),),),)),
        Details(text, (CodeBlock(text, text),)),
    )
    return Reader(html.render(Document(text, blocks), {}))


EXPECTED = page("plain").tags


@given(
    st.text(min_size=1, max_size=40)
    | st.sampled_from(["<script>alert(1)</script>", '" onload="x', "</title>", "&lt;", 'https://a"><b>'])
)
def test_text_never_becomes_markup(text: str) -> None:
    # What is drawn may well be an address, which the one link of the page then leads to.
    linked = {"a"} if re.match("https?://", text) else set()
    assert page(text).tags == EXPECTED | linked


def test_text_is_shown_as_it_is() -> None:
    assert page("a <b> & \"c\" 'd' &amp;").text.count("a <b> & \"c\" 'd' &amp;") == 13


def test_a_link_goes_to_the_web_or_nowhere() -> None:
    assert page("javascript:alert(1)").addresses == []
    assert page("https://example.org/?a=1&b=2").addresses == ["https://example.org/?a=1&b=2"]


def test_the_page_needs_nothing_from_elsewhere() -> None:
    written = html.render(Document("x", ()), {})

    assert "<script" not in written and "http" not in written.replace("http-equiv", "")
