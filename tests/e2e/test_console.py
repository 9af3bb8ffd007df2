"""The console in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import urllib3
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait
from tests.fakes.browser import browser
from tests.fakes.bundles import write_bundle

from emel import localcloud
from emel.localcloud import Store
from emel.records import Canary, FunctionSettings

pytestmark = pytest.mark.slow

PRINTS_MARKUP = """
import sys
def yandex(event, context):
    print('<img src=x onerror="document.title=1">')
    print("trouble", file=sys.stderr)
    return {"statusCode": 200, "body": "{}"}
"""


class Console:
    """The console of a platform, opened by its owner."""

    def __init__(self, driver: webdriver.Chrome, store: Store) -> None:
        self.driver = driver
        self.store = store
        address = localcloud.console_url(store)
        assert address is not None
        self.address = address

    def open(self, address: str | None = None) -> None:
        # Another fragment alone would not load the page anew.
        self.driver.get("about:blank")
        self.driver.get(address or self.address)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """The text of what the page shows now; empty where it shows none, or is just being changed."""
        found = self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].filter(e => e.getClientRects().length)"
            ".map(e => e.innerText).join('\\n')",
            selector,
        )
        return str(found)

    def wait_for(self, selector: str, text: str) -> None:
        WebDriverWait(self.driver, 30).until(
            lambda _: text in self.text(selector),
            f"{text!r} in {selector}, which says {self.text(selector)!r}",
        )

    def press(self, text: str) -> None:
        button = WebDriverWait(self.driver, 30).until(
            lambda driver: next(
                (one for one in driver.find_elements(By.TAG_NAME, "button") if one.text == text), None
            )
        )
        button.click()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, str]]:
    """Two functions; `demo` has two versions, of which the first got three requests."""
    folder = tmp_path_factory.mktemp("platform")
    store = Store(folder / "local")
    for function, tag in (("another", "prod"), ("demo", "prod"), ("demo", "mr-1")):
        bundle = write_bundle(folder, PRINTS_MARKUP, name=function, version=f"v-{tag}")
        version = store.create_version(
            function, bundle, model_version=f"v-{tag}", commit=None, settings=FunctionSettings()
        )
        store.set_tag(function, tag, version.number)
    with localcloud.running_alone(store) as running, urllib3.PoolManager() as http:
        for _ in range(3):
            assert http.request("GET", f"{running.url}/demo/prod").status == 200
        yield store, running.url


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with browser(tmp_path_factory.mktemp("browser")) as driver:
        yield driver


@pytest.fixture
def console(driver: webdriver.Chrome, platform: tuple[Store, str]) -> Console:
    console = Console(driver, platform[0])
    console.open()
    console.wait_for("#live", "live")
    Select(console.find("#functions")).select_by_value("demo")
    console.wait_for("#tags", "mr-1")
    return console


def test_it_shows_what_a_function_does_and_keeps_up(console: Console, platform: tuple[Store, str]) -> None:
    console.wait_for("#numbers", "Calls\n3\n0 errors")
    assert "Cold starts\n1\n33 % of the calls" in console.text("#numbers")
    urllib3.request("GET", f"{platform[1]}/demo/mr-1")
    console.wait_for("#numbers", "Calls\n4\n0 errors")
    console.wait_for("#charts", "Latency")
    assert "v-mr-1" in console.text("#versions")


def test_what_a_function_prints_is_shown_and_not_obeyed(console: Console) -> None:
    console.wait_for("#log", '<img src=x onerror="document.title=1">')
    assert console.driver.title == "emel console"
    assert console.driver.find_elements(By.CSS_SELECTOR, "#log img") == []

    Select(console.find("#level")).select_by_value("error")
    WebDriverWait(console.driver, 30).until(lambda _: "<img" not in console.text("#log"))
    assert "trouble" in console.text("#log")


def test_a_promotion_asks_first_and_a_rollback_takes_it_back(console: Console) -> None:
    console.press("Promote to prod")
    console.wait_for("#consequence", "answers with version 2 (v-mr-1) instead of version 1 (v-prod)")
    console.press("Cancel")
    assert console.store.tags("demo")["prod"] == 1

    console.press("Promote to prod")
    console.press("Move the tag")
    console.wait_for("#tags", "Roll back to 1")
    assert console.store.tags("demo")["prod"] == 2

    console.press("Roll back to 1")
    console.press("Move the tag")
    console.wait_for("#tags", "Roll back to 2")
    assert console.store.tags("demo")["prod"] == 1


def test_a_canary_is_shown_and_can_be_ended(console: Console) -> None:
    console.store.set_canary("demo", "prod", Canary(version=2, weight=10))
    console.wait_for("#tags", "1, 10 % to 2")
    console.press("End the canary")
    console.wait_for("#consequence", "answers with version 1 (v-prod) for all requests")
    console.press("Move the tag")
    WebDriverWait(console.driver, 30).until(lambda _: console.store.canary("demo", "prod") is None)
    assert console.store.tags("demo")["prod"] == 1


def test_the_keyboard_cancels_a_promotion(console: Console) -> None:
    console.press("Promote to prod")
    console.wait_for("#consequence", "answers with version 2")
    console.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    WebDriverWait(console.driver, 30).until(lambda _: not console.find("#confirm").is_displayed())
    assert console.store.tags("demo")["prod"] == 1


def test_without_its_token_the_page_shows_nothing_but_how_to_get_it(console: Console) -> None:
    page, _, token = console.address.partition("#token=")
    console.open(page)
    console.wait_for("#locked", "emel console")
    assert console.text(".view") == ""

    console.open(f"{page}#token=wrong")
    console.wait_for("#locked", "emel console")
    console.find("#token").send_keys(token, Keys.ENTER)
    console.wait_for("#live", "live")
    console.wait_for("#numbers", "Calls")


def test_a_phone_shows_it_without_scrolling_sideways(console: Console) -> None:
    metrics = {"width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": True}
    console.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        console.wait_for("#versions", "v-mr-1")
        assert console.driver.execute_script("return document.documentElement.scrollWidth") == 360
    finally:
        console.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_it_loads_nothing_from_outside(console: Console) -> None:
    script = "return performance.getEntriesByType('resource').map(entry => entry.name)"
    loaded = console.driver.execute_script(script)
    own = console.address.partition("console")[0]
    assert loaded and all(name.startswith(own) for name in loaded)
