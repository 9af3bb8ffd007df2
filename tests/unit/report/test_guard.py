"""Markdown of others keeps its looks, and moves nothing in GitLab."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.gitlab_reader import actions, references, rendered

from emel.report.guard import WORD_JOINER, guarded

PIECES = (
    "@admin", "@", "\\@all", "&#64;root", "&commat;", "#1", "&#35;1", "#&#49;", "!7", "&amp;5", "a@b.c",
    "/close", "/label ~bug", "\n", "\n\n", "\r", "\r\n", "`", "``", "```", "````", "~~~", "\n    ", "> ",
    "- ", "<b>", "</b>", "<div>", "<!--", "-->", "<details>", "<summary>", "</details>", "<pre>",
    "<a href=\"`\">",
    "|", "| a | b |\n|--|--|\n", "# ", "![", "](", ")", "[x]: ", "https://x.y/@u", " ", "x", "\\", "*", "_",
    "\u2028", "\x0b", "\ufeff", "é", "$`", "`$",
)  # fmt: skip
DOCUMENT = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


@given(DOCUMENT)
def test_nothing_moves_in_gitlab_and_nothing_after_it_is_swallowed(text: str) -> None:
    done = guarded(text)
    page = rendered(f"{done}\n\nafterwards\n")

    assert (actions(done), references(page)) == ([], [])
    assert page.endswith("<p>afterwards</p>\n")


@pytest.mark.parametrize(
    "text",
    [
        "# Results\n\n- [x] done\n- a_1 * b_2\n\n1) one\n",
        "| a | `b|c` |\n|--:|---|\n| 1 | ~~2~~ |\n",
        "$$x_1 * y_2$$ and $`x`$, 50% of 10 & more\n",
        "```python\n@dataclass\nclass A:  # 1\n    path = '/usr/bin'\n/usr/bin/x\n```\n",
        "![a](plots/a_b.png){width=50%}\n\n<details><summary>More</summary>\n\ntext\n\n</details>\n",
        "[link](https://example.org/~me/%D0%B0?a=1&b=2#L3) and `@code`\n",
        "```mermaid\ngraph TD; A-->B;\n```\n",
    ],
)
def test_what_is_harmless_is_kept_to_the_byte(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize("text", ["/close", "a\r/close", "\ufeff/close", "````\n/close\n````", "`a\n/close`"])
def test_a_quick_action_does_not_run(text: str) -> None:
    assert actions(guarded(text)) == []
    assert "/close" in unescape(rendered(guarded(text)))


@pytest.mark.parametrize("text", ["Closes PROJ-1", "fixes: https://gitlab.com/a/b/-/issues/1", "Resolve #3"])
def test_nothing_is_closed(text: str) -> None:
    done = guarded(text)

    assert WORD_JOINER in done and done.replace(WORD_JOINER, "").strip() == text


@pytest.mark.parametrize("text", ["<div>\n`@admin`\n</div>", "\\`@admin`", '<a href="`">x</a>`@admin`'])
def test_a_name_between_backticks_that_make_no_code_is_no_mention(text: str) -> None:
    assert f"@{WORD_JOINER}admin" in guarded(text)


def test_comments_are_taken_out() -> None:
    assert guarded("a<!-- emel:report:train -->b <!-- never ended") == "ab &lt;!-- never ended\n"


def test_what_was_opened_is_closed() -> None:
    assert guarded("```\ncode") == "```\ncode\n```\n"
    assert guarded("<details><summary>x</summary>\n\ny").endswith("\n</details>\n")
