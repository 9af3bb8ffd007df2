"""Which files a text shows, and that nothing else of it changes."""

from __future__ import annotations

import pytest

from emel.report.local_files import local_files, with_addresses

SHOWN = {
    "image": ("![roc](plots/roc_curve.png)", "![roc](NEW)"),
    "with a title": ('![roc](roc.png "The curve")', '![roc](NEW "The curve")'),
    "in brackets": ("![roc](<my plots/roc.png>)", "![roc](<NEW>)"),
    "with parentheses": ("![roc](roc(1).png)", "![roc](NEW)"),
    "with attributes": ("![roc](roc.png){width=50%}", "![roc](NEW){width=50%}"),
    "link": ("[the card](card.md#scores)", "[the card](NEW)"),
    "image in a link": ("[![roc](roc.png)](roc.html)", "[![roc](NEW)](NEW)"),
    "definition": ("![roc][1]\n\n[1]: roc.png 'The curve'\n", "![roc][1]\n\n[1]: NEW 'The curve'\n"),
    "tag": ('<img width="300" src="roc.png">', '<img width="300" src="NEW">'),
    "tag in a line": ("see <video src='run.mp4'></video>", "see <video src='NEW'></video>"),
    "in the text itself": ("![dot](data:image/png;base64,iVBORw==)", "![dot](NEW)"),
    "in a table": ("| a |\n| - |\n| ![x](a_1.png) |\n", "| a |\n| - |\n| ![x](NEW) |\n"),
    "after a Windows line": ("one\r\n\r\n![x](a.png)\r\n", "one\r\n\r\n![x](NEW)\r\n"),
}
LEFT_ALONE = {
    "address": "![roc](https://example.org/roc.png) <https://a.b> [mail](mailto:a@b.c)",
    "anchor": "[down](#results)",
    "upload": "![roc](/uploads/0123456789abcdef/roc.png)",
    "block of code": "```md\n![roc](roc.png)\n```\n",
    "indented code": "text\n\n    ![roc](roc.png)\n",
    "span of code": "write `![roc](roc.png)` there",
    "comment": "<!-- ![roc](roc.png) -->\n",
    "escaped": "\\[no link\\](roc.png)",
    "no link": "f(x)](roc.png)",
    "GitLab's own": "- [x] done\n\n[[_TOC_]]\n\n$$x_1 * y_2$$\n\n1) one\n\n[^1] {+ 0.91 +}\n\n[^1]: note",
}


def replaced(text: str) -> str:
    return with_addresses(text, dict.fromkeys(local_files(text), "NEW"))


@pytest.mark.parametrize("name", SHOWN)
def test_the_address_of_a_file_alone_is_replaced(name: str) -> None:
    before, after = SHOWN[name]

    assert replaced(before) == after


@pytest.mark.parametrize("name", LEFT_ALONE)
def test_what_names_no_file_stays_as_it_is(name: str) -> None:
    assert replaced(LEFT_ALONE[name]) == LEFT_ALONE[name]


def test_paths_are_decoded() -> None:
    text = "![a](caf%C3%A9.png) ![b](a\\_b.png) ![c](d&amp;e.png?raw=1)"

    assert [at.path for at in local_files(text)] == ["café.png", "a_b.png", "d&e.png"]
