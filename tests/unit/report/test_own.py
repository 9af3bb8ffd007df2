"""A section that the user wrote: its text is kept, its pictures travel with it."""

from __future__ import annotations

import base64

import pytest

from emel.records import Picture
from emel.report.blocks import Markdown
from emel.report.own import own_section
from emel.report.own_html import own_html

PNG = b"\x89PNG\r\n\x1a\n"
FILES = {
    "plot.png": PNG + b"1",
    "a_b/c d.png": PNG + b"2",
    "x(1).jpg": b"\xff\xd8\xff3",
    "page.png": b"<html>",
}


def load(path: str) -> bytes | str:
    return FILES.get(path, "no such file")


def section(text: str) -> tuple[Markdown, list[str]]:
    """The section, and the contents of its pictures."""
    found, _ = own_section(text, load)
    return found, [picture.content.decode("latin-1")[-1] for picture in found.pictures]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("![a](plot.png)", "1"),
        ('![a](plot.png "title"){width=50%}', "1"),
        ("![a](<a_b/c d.png>)", "2"),
        ("![a](a_b/c%20d.png)", "2"),
        ("![a](x(1).jpg)", "3"),
        ('<img width="10" src="plot.png" alt="a">', "1"),
        ("<IMG SRC='plot.png'>", "1"),
        ("![a][p]\n\n[p]: plot.png", "1"),
        (f"![a](data:image/png;base64,{base64.b64encode(PNG + b'4').decode()})", "4"),
    ],
)
def test_every_way_to_show_a_picture_is_known(text: str, shown: str) -> None:
    found, contents = section(text)

    assert contents == [shown]
    assert found.pictures[0].placeholder in found.text


def test_what_stands_around_a_picture_is_kept() -> None:
    found, _ = section('x ![a_b*c](plot.png "t"){width=50%} y')

    assert found.text == f'x ![a_b*c]({found.pictures[0].placeholder} "t"){{width=50%}} y\n'


def test_a_picture_that_is_shown_twice_travels_once() -> None:
    found, contents = section("![a](plot.png) ![b](plot.png)")

    assert contents == ["1"]
    assert found.text.count(found.pictures[0].placeholder) == 2


@pytest.mark.parametrize("text", ["`![a](plot.png)`", "```\n![a](plot.png)\n```", "[a](plot.png)"])
def test_what_is_no_picture_is_left_alone(text: str) -> None:
    assert section(text) == (Markdown(text + "\n"), [])


def test_pictures_of_the_web_stay_there() -> None:
    assert section("![a](https://example.org/a.png)")[0].text == "![a](https://example.org/a.png)\n"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("gone.png", "no such file"),
        ("page.png", "it is no PNG, JPEG or GIF"),
        ("data:image/png;base64,?", "bro"),
    ],
)
def test_a_picture_that_cannot_be_had_leaves_a_note(path: str, reason: str) -> None:
    found, problems = own_section(f"![a]({path})", load)

    assert found.pictures == ()
    assert "picture not shown" in found.text and reason in found.text
    assert len(problems) == 1


def page(text: str) -> str:
    found, _ = own_section(text, load)
    return own_html(found.text, {picture.placeholder: "data:x" for picture in found.pictures})


def test_markdown_becomes_html() -> None:
    made = page("# T\n\n- [a](https://b.c) **d** `e`\n\n| n |\n|--:|\n| ~~1~~ |\n\n![p](plot.png){width=50%}")

    assert "<h3>T</h3>" in made
    assert '<a href="https://b.c" rel="noreferrer">a</a> <strong>d</strong> <code>e</code>' in made
    assert '<th class="n">n</th>' in made and "<s>1</s>" in made
    assert made.endswith('<img src="data:x" alt="p"></p>')


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "<details><summary>a</summary>\n\nb\n\n</details>",
            "<details><summary>a</summary>\n<p>b</p>\n</details>",
        ),
        ("x<script>alert(1)</script>y", "<p>x&lt;script&gt;alert(1)&lt;/script&gt;y</p>"),
        ("<b onclick='x()' style='y'>z</b>", "<p><b>z</b></p>"),
        ("<iframe src='https://a'>b</iframe>c", "c"),
        ("[a](javascript:b) <a href='javascript:c'>d</a>", "<p>[a](javascript:b) <a>d</a></p>"),
        ("<div></main></section>a", "a"),
        ("<table><tr><td>a", '<div class="scroll"><table><tr><td>a\n</td></tr></table></div>'),
        ("<img src='https://a.b/c.png' alt='d'>", '<a href="https://a.b/c.png">d</a>'),
        ("<svg><style>*{}</style><p>a", "<p>&lt;style&gt;*{}&lt;/style&gt;<p>a</p>\n</p>"),
    ],
)
def test_html_in_it_can_do_nothing(text: str, shown: str) -> None:
    assert page(text) == shown


def test_names_are_those_of_the_files() -> None:
    found, _ = section("![a](a_b/c%20d.png) ![b](x(1).jpg)")

    assert [picture.file_name for picture in found.pictures] == ["c-d.png", "x-1.jpg"]
    assert all(isinstance(picture, Picture) for picture in found.pictures)
