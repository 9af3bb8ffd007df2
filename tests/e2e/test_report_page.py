"""The report's page in a real browser. Without one these tests fail; they are never left out."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from selenium import webdriver
from tests.fakes import reports
from tests.fakes.browser import browser

from emel.records import OwnSection
from emel.report import build, own_section, render

pytestmark = pytest.mark.slow

LONG = "a" * 300


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Reports as addresses of files: of everything, and of what is hard to lay out."""
    folder = tmp_path_factory.mktemp("pages")
    own = own_section(
        f"| {LONG} | b |\n|--|--|\n| c | d |\n\n{LONG}\n\n<b onclick='document.title=1'>x</b>", str
    )[0]
    section = OwnSection(name="notes", title=LONG, file="n.md")
    hard = msgspec.structs.replace(reports.alone(reports.odd_values()), own={"notes": (section, own)})
    for name, known in (("whole", reports.whole()), ("hard", hard)):
        (folder / f"{name}.html").write_text(render(build(known), known.comparison).html, "utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in ("whole", "hard")}


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with browser(tmp_path_factory.mktemp("browser")) as driver:
        yield driver


def asked(driver: webdriver.Chrome, url: str, width: int, scheme: str, script: str) -> Any:
    """What a script says of the page in a window of this width, in light or dark."""
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.get(url)
    return driver.execute_script(script)


@pytest.mark.parametrize("page", ["whole", "hard"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_stands_out_of_the_window(
    page: str, width: int, pages: dict[str, str], driver: webdriver.Chrome
) -> None:
    script = "return [document.documentElement.scrollWidth, innerWidth]"
    whole, window = asked(driver, pages[page], width, "light", script)

    assert whole <= window


def test_the_page_is_light_by_day_and_dark_by_night(pages: dict[str, str], driver: webdriver.Chrome) -> None:
    script = "return getComputedStyle(document.body).backgroundColor"

    assert asked(driver, pages["whole"], 1280, "light", script) == "rgb(250, 250, 249)"
    assert asked(driver, pages["whole"], 1280, "dark", script) == "rgb(23, 21, 20)"


def test_pictures_are_shown_and_told_and_nothing_is_fetched(
    pages: dict[str, str], driver: webdriver.Chrome
) -> None:
    script = """
        const images = [...document.images]
        return [images.every(image => image.naturalWidth > 100 && image.alt), images.length,
                performance.getEntriesByType("resource").filter(one => !one.name.startsWith("data:")).length]
    """

    assert asked(driver, pages["whole"], 1280, "light", script) == [True, 3, 0]
    assert driver.get_log("browser") == []


def test_headings_step_down_without_a_gap(pages: dict[str, str], driver: webdriver.Chrome) -> None:
    script = "return [...document.querySelectorAll('h1,h2,h3,h4')].map(one => +one.tagName[1])"
    levels = asked(driver, pages["whole"], 1280, "light", script)

    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
