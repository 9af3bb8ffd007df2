"""The page to try a model, in a real browser. Without one these tests fail; they are never left out."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait
from tests.fakes.browser import browser
from tests.fakes.served import (
    COLUMNS,
    on_the_local_platform,
    titanic_bundle,
    two_targets_bundle,
    without_paths,
)

pytestmark = pytest.mark.slow


class Page:
    """The page in a browser's window."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        self.driver.get(url)
        assert self.driver.find_element(By.TAG_NAME, "h1").text == "titanic"

    def field(self, column: str) -> WebElement:
        return self.driver.find_element(By.ID, f"f{COLUMNS.index(column)}")

    def error_at(self, column: str) -> str:
        return self.driver.find_element(By.ID, f"f{COLUMNS.index(column)}-error").text

    def write(self, column: str, text: str) -> None:
        self.field(column).clear()
        self.field(column).send_keys(text)

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def predict(self) -> None:
        self.driver.find_element(By.ID, "send").click()

    def wait_for(self, selector: str) -> WebElement:
        return WebDriverWait(self.driver, 20).until(
            lambda driver: next(iter(driver.find_elements(By.CSS_SELECTOR, selector)), None)
        )

    def shares(self) -> dict[str, float]:
        bars = self.driver.find_elements(By.CSS_SELECTOR, ".bars li")
        return {bar.text.split("\n")[0]: float(bar.text.split("\n")[1].split()[0]) for bar in bars}


@pytest.fixture(scope="module")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    with zipfile.ZipFile(titanic_bundle(folder).path) as archive:
        archive.extractall(folder / "function")
    return folder


@pytest.fixture(scope="module")
def url(bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    zip_path = bundle_folder / "titanic.zip"
    with on_the_local_platform(zip_path, tmp_path_factory.mktemp("platform")) as address:
        yield address


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with browser(tmp_path_factory.mktemp("browser")) as driver:
        yield driver


@pytest.fixture
def page(driver: webdriver.Chrome) -> Iterator[Page]:
    yield Page(driver)
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a_filled_form_gets_its_answer_with_probabilities_and_latency(page: Page, url: str) -> None:
    page.open(url)
    Select(page.field("sex")).select_by_visible_text("female")
    page.write("pclass", "1")
    page.write("age", "20")
    page.predict()

    assert page.wait_for(".prediction").text == "survived"
    shares = page.shares()
    assert list(shares) == ["survived", "lost"]
    assert sum(shares.values()) == pytest.approx(100, abs=0.2)
    assert "ms there and back · model v1.0.0" in page.wait_for("#latency").text


def test_the_answer_changes_with_the_input(page: Page, url: str) -> None:
    page.open(url)
    Select(page.field("sex")).select_by_visible_text("male")
    page.write("pclass", "3")
    page.predict()

    assert page.wait_for(".prediction").text == "lost"


@pytest.mark.parametrize(
    ("column", "typed", "told"),
    [
        ("age", "old", 'Expected a finite number, got the string "old"'),
        ("pclass", "", "Expected a value, got none"),
        ("pclass", "1.5", "Expected an integer, got 1.5"),
    ],
)
def test_a_value_that_is_refused_is_told_at_its_field(
    page: Page, url: str, column: str, typed: str, told: str
) -> None:
    page.open(url)
    page.write(column, typed)
    page.predict()

    assert page.wait_for(".alert").text.startswith(f'field "{column}"')
    assert page.error_at(column) == told
    assert page.field(column).get_attribute("aria-invalid") == "true"
    assert page.driver.switch_to.active_element == page.field(column)
    page.write(column, "2")
    assert page.error_at(column) == ""


def test_a_value_may_be_missing_where_the_sample_had_gaps(page: Page, url: str) -> None:
    page.open(url)
    page.write("age", "")
    page.predict()

    page.wait_for(".prediction")
    assert '"age": null' in page.driver.find_element(By.ID, "curl").text


def test_a_value_that_the_sample_never_had_can_be_sent(page: Page, url: str) -> None:
    page.open(url)
    Select(page.field("embarked")).select_by_value("other")
    page.driver.find_element(By.CSS_SELECTOR, ".other:not([hidden])").send_keys('Вологда\'s "port" </script>')
    page.write("fare", "100000")
    page.predict()

    page.wait_for(".prediction")
    assert "Outside the sample" in page.field("fare").find_element(By.XPATH, "..").text


def test_all_of_it_works_by_keyboard(page: Page, url: str) -> None:
    page.open(url)
    seen: list[str | None] = []
    for _ in range(12):
        page.press(Keys.TAB)
        seen.append(page.driver.switch_to.active_element.get_attribute("id"))
        if seen[-1] == "f3":
            break
    assert [name for name in seen if name] == ["f0", "f1", "f2", "f3"]

    page.press(Keys.ARROW_UP)
    page.press(Keys.ENTER)
    page.wait_for(".prediction")


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_it_without_scrolling_sideways(page: Page, url: str, width: int) -> None:
    metrics = {"width": width, "height": 700, "deviceScaleFactor": 1, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    page.open(url)
    page.predict()

    answer = page.wait_for(".prediction")
    assert page.driver.execute_script("return document.documentElement.scrollWidth") == width
    top = page.driver.execute_script("return arguments[0].getBoundingClientRect().top", answer)
    assert 0 <= top < 700


def test_it_loads_nothing_but_itself(page: Page, url: str) -> None:
    page.open(url)
    loaded = page.driver.execute_script("return performance.getEntriesByType('resource').map(e => e.name)")

    assert loaded == []


def test_the_code_and_the_contract_lead_to_this_endpoint(page: Page, url: str) -> None:
    page.open(url + "/")

    assert page.driver.find_element(By.ID, "curl").text.startswith(f"curl '{url}/predict'")
    assert f'"{url}/predict"' in page.driver.find_element(By.ID, "python").text
    assert page.driver.find_element(By.ID, "contract").get_attribute("href") == f"{url}/openapi.json"


def test_an_address_without_paths_takes_the_route_as_a_query(page: Page, bundle_folder: Path) -> None:
    with without_paths(bundle_folder / "function") as address:
        page.open(address)
        page.predict()

        page.wait_for(".prediction")
        contract = page.driver.find_element(By.ID, "contract").get_attribute("href") or ""
        assert contract.endswith("?tag=prod&route=%2Fopenapi.json")
        page.driver.get(contract)
        assert '"openapi"' in page.driver.page_source


def test_a_key_is_asked_for_and_goes_with_the_request(page: Page, bundle_folder: Path) -> None:
    with without_paths(bundle_folder / "function", key="s3cret") as address:
        page.open(address)
        page.predict()
        assert "X-Api-Key" in page.wait_for(".alert").text
        assert page.driver.switch_to.active_element.get_attribute("id") == "key"
        assert page.driver.find_element(By.ID, "key-error").text == "Enter the key."

        page.driver.find_element(By.ID, "key").send_keys("s3cret")
        page.press(Keys.ENTER)

        page.wait_for(".prediction")
        assert page.driver.find_element(By.ID, "key-error").text == ""
        assert '"X-Api-Key: $EMEL_API_KEY"' in page.driver.find_element(By.ID, "curl").text
        assert "s3cret" not in page.driver.find_element(By.ID, "python").text


def test_each_of_several_targets_has_its_line(page: Page, tmp_path: Path) -> None:
    with zipfile.ZipFile(two_targets_bundle(tmp_path).path) as archive:
        archive.extractall(tmp_path / "function")
    with without_paths(tmp_path / "function") as address:
        page.driver.get(address)
        examples = page.driver.find_elements(By.CSS_SELECTOR, "#examples button")
        assert [button.text for button in examples] == ["Example 1", "Example 2", "Example 3"]
        examples[1].click()
        page.predict()

        page.wait_for(".prediction")
        shown = [line.text for line in page.driver.find_elements(By.CSS_SELECTOR, ".prediction")]
        assert shown == ["target 1 versicolor", "target 2 large"]


def test_the_code_does_what_the_page_does(page: Page, url: str) -> None:
    page.open(url)
    page.predict()
    label = page.wait_for(".prediction").text
    for tool, command in (("curl", ["sh", "-c"]), ("python", [sys.executable, "-c"])):
        code = page.driver.find_element(By.ID, tool).text
        done = subprocess.run([*command, code], capture_output=True, text=True, timeout=60)
        assert f"'{label}'" in done.stdout.replace('"', "'"), done.stderr
