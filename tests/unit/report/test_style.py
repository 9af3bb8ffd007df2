"""The colours of the page can be read, by day and by night."""

from __future__ import annotations

import re

import pytest

from emel.report.style import CSS

PAIRS = [
    ("text", "page"), ("text", "card"), ("text", "code"), ("text", "good-page"), ("soft", "page"),
    ("soft", "card"), ("soft", "good-page"), ("soft", "bad-page"), ("link", "page"), ("good", "good-page"),
    ("bad", "bad-page"),
]  # fmt: skip


def colours(scheme: str) -> dict[str, str]:
    """The names of colours in light or dark."""
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#\w{6});", {"light": light, "dark": dark}[scheme]))


def luminance(colour: str) -> float:
    """Relative luminance. https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), PAIRS)
def test_text_stands_out_as_wcag_aa_asks(front: str, back: str, scheme: str) -> None:
    named = colours(scheme)
    high, low = sorted((luminance(named[front]), luminance(named[back])), reverse=True)

    assert (high + 0.05) / (low + 0.05) >= 4.5
