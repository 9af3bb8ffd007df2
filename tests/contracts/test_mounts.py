"""What every cloud with mounts must do: a function reads the model that stands beside its zip."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
import urllib3
from tests.fakes.bundles import mounting
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.state import SERVICE_ACCOUNT

from emel.apitest.address import address_of
from emel.clouds import Cloud, open_cloud
from emel.errors import BundleError
from emel.localcloud import Store, running_alone
from emel.records import FunctionSettings

SETTINGS = FunctionSettings()


class Live(NamedTuple):
    """A cloud whose functions answer."""

    cloud: Cloud
    url: str | None = None
    """Of the local platform, which tells its address only where it was started in the background."""

    def answer(self, tag: str) -> str:
        url = f"{self.url}/demo/{tag}" if self.url else self.cloud.functions.url("demo", tag)
        return str(urllib3.request("POST", address_of(url).of("/predict"), body="{}").json())


@pytest.fixture(params=["local", "yandex"])
def live(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Live]:
    with ExitStack() as stack:
        if request.param == "local":
            platform = stack.enter_context(running_alone(Store(tmp_path / ".emel/local")))
            yield Live(open_cloud("local", state=tmp_path / ".emel"), platform.url)
            return
        emulator = Emulator(tmp_path / "yandex")
        stack.callback(emulator.close)
        yield Live(emulated(emulator, service_account=SERVICE_ACCOUNT))


def test_each_version_answers_with_its_own_model(live: Live, tmp_path: Path) -> None:
    functions = live.cloud.functions
    for number, word in enumerate(("first", "second"), 1):
        bundle = mounting(tmp_path, word.encode(), f"v{number}.0.0")
        made = functions.create_version("demo", bundle, SETTINGS)
        assert functions.create_version("demo", bundle, SETTINGS) == made
        functions.set_tag("demo", word, made.number)
    if live.cloud.access:
        live.cloud.access.make_public("demo")

    assert live.cloud.limits.mounts
    assert [live.answer(tag) for tag in ("first", "second", "first")] == ["first", "second", "first"]


def test_a_model_that_is_not_the_proved_one_makes_no_version(live: Live, tmp_path: Path) -> None:
    bundle = mounting(tmp_path, b"proved")
    assert bundle.mounted is not None
    bundle.mounted.path.write_bytes(b"changed")

    with pytest.raises(BundleError, match="the bundle's model"):
        live.cloud.functions.create_version("demo", bundle, SETTINGS)
    assert list(live.cloud.functions.versions("demo")) == []
