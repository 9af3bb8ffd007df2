from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from emel.report import markdown
from emel.report.blocks import (
    Block,
    Code,
    CodeBlock,
    Details,
    Document,
    Heading,
    Inline,
    Link,
    Paragraph,
    Strong,
    Table,
)

TEXT = st.text(alphabet=st.sampled_from("ab 1.)(/\\`*_[]<>|~$&@#!-+=:\n\r\t\u2028ü"), max_size=30)


def written(*blocks: Block) -> str:
    return "\n\n".join(markdown.parts(Document("x", blocks), {})) + "\n"


def paragraph(*parts: Inline) -> str:
    return written(Paragraph(parts))


def read(text: str) -> str:
    """What a reader of the Markdown sees, as HTML without the parts that nobody sees."""
    shown: str = MarkdownIt("commonmark").enable("table").enable("strikethrough").render(text)
    return shown.replace("\u2060", "").strip()


@pytest.mark.parametrize(
    "text", ["/close", "/merge now", "# title", "- item", "> quote", "1. one", "+ x", "=== "]
)
def test_no_line_of_ours_is_a_command_or_a_heading(text: str) -> None:
    written = paragraph(text)

    assert not re.match(r"[/#>+=-]|1\.", written)
    assert read(written).startswith("<p>")


@pytest.mark.parametrize("text", ["@admin", "see #1", "!7", "~bug", "%v1", "$3", '~"my label"', "&5"])
def test_nothing_is_read_as_a_mention_or_a_reference(text: str) -> None:
    parted = re.sub(r"([@#!~%$&])", "\\1\u2060", text)

    assert unescape(MarkdownIt("commonmark").render(paragraph(text))) == f"<p>{parted}</p>\n"


@given(TEXT)
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    shown = read(paragraph("x" + text + "x"))

    assert "<script" not in shown
    plain = re.sub(r"&lt;", "<", re.sub(r"&gt;", ">", re.sub(r"&quot;", '"', shown))).replace("&amp;", "&")
    wanted = re.sub(r" +", " ", re.sub(r"[\n\r\t\u2028]", " ", "x" + text + "x"))
    assert plain == f"<p>{wanted}</p>"


@given(TEXT.filter(lambda text: text.strip("\n\r\t\u2028 ") != ""))
def test_code_is_shown_as_it_is(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(paragraph("x ", Code(text), " x"))
    inline = tokens[1].children or []

    assert [child.type for child in inline] == ["text", "code_inline", "text"]
    assert inline[1].content == re.sub(r" +", " ", re.sub(r"[\n\r\t\u2028]", " ", text)).strip()


@given(st.lists(TEXT, min_size=2, max_size=2))
def test_a_table_keeps_its_cells_whatever_is_in_them(texts: list[str]) -> None:
    table = Table(("a", "b"), (((Code(texts[0]),), ("x" + texts[1],)),))
    shown = read(written(table))

    assert shown.count("<td") == 2 and shown.count("<tr>") == 2


def test_a_block_of_code_cannot_be_left_by_what_is_in_it() -> None:
    text = written(CodeBlock("```\n/close\n````", "shell"))
    tokens = MarkdownIt("commonmark").parse(text)

    assert [(token.type, token.content) for token in tokens] == [("fence", "```\n\u2060/close\n````\n")]


def test_a_carriage_return_hides_no_quick_action_in_a_block_of_code() -> None:
    assert (
        written(CodeBlock("\r/close\r\n/label ~a", "shell"))
        == "```shell\n\u2060/close\n\u2060/label ~a\n```\n"
    )


def test_a_summary_is_escaped_and_its_blocks_are_markdown() -> None:
    text = written(Details("a <b> & c", (Paragraph((Strong("d"),)),)))

    assert text == "<details><summary>a &lt;b&gt; &amp; c</summary>\n\n**d**\n\n</details>\n"


def test_a_part_is_a_section_with_its_heading() -> None:
    blocks = (Paragraph(("a",)), Heading("One"), Paragraph(("b",)), Paragraph(("c",)), Heading("Two"))

    assert markdown.parts(Document("x", blocks), {}) == ("a", "### One\n\nb\n\nc", "### Two")


def test_a_link_under_words_goes_to_the_web_or_nowhere() -> None:
    assert paragraph(Link("https://a.b/c_d", "row [1]")) == "[row \\[1\\]](<https://a.b/c_d>)\n"
    assert paragraph(Link("javascript:alert(1)", "x")) == "`x`\n"


@pytest.mark.parametrize("text", ["https://gitlab.com/a/b/-/issues/1", "Closes PROJ-1", "see http://x"])
def test_no_address_or_closing_word_is_read_in_text(text: str) -> None:
    shown = read(paragraph(text))

    assert "<a" not in shown and "\u2060" in paragraph(text)
