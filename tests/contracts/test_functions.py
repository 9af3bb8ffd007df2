"""What every cloud's functions must do: those in memory, the local platform, the emulated Yandex Cloud."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from tests.fakes.bundles import ECHO, TRIVIAL, bundle_record, write_bundle
from tests.fakes.functions import InMemoryFunctions
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated

from emel.clouds import Canaries, Functions, open_cloud
from emel.clouds.base import Gateways
from emel.errors import BundleError, DeployError, PlatformError
from emel.records import Canary, FunctionSettings, GatewayRoutes

SETTINGS = FunctionSettings()
ROUTES = GatewayRoutes(
    tag="prod",
    contract={"openapi": "3.1.0", "info": {"title": "demo", "version": "v1"}, "paths": {}, "components": {}},
)


class Sharing(NamedTuple):
    """Who keeps the tags, and who shares their requests between versions."""

    functions: Functions
    canaries: Canaries
    gateways: Gateways | None = None

    def prepare(self, folder: Path) -> None:
        """Two versions of `demo`, the first as prod, and before it the gateway that a share needs."""
        for code in (ECHO, TRIVIAL):
            self.functions.create_version("demo", bundle_record(write_bundle(folder, code)), SETTINGS)
        self.functions.set_tag("demo", "prod", 1)
        if self.gateways:
            self.gateways.put("demo", ROUTES)


@pytest.fixture(params=["in memory", "local", "yandex"])
def functions(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Functions]:
    if request.param == "local":
        yield open_cloud("local", state=tmp_path / ".emel").functions
    elif request.param == "yandex":
        emulator = Emulator(tmp_path / "yandex")
        yield emulated(emulator).functions
        emulator.close()
    else:
        yield InMemoryFunctions()


@pytest.fixture(params=["in memory", "local", "yandex"])
def sharing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sharing]:
    if request.param == "in memory":
        functions = InMemoryFunctions()
        yield Sharing(functions, functions)
        return
    with ExitStack() as stack:
        cloud = open_cloud("local", state=tmp_path / ".emel")
        if request.param == "yandex":
            emulator = Emulator(tmp_path / "yandex")
            stack.callback(emulator.close)
            cloud = emulated(emulator)
        assert cloud.canaries is not None
        yield Sharing(cloud.functions, cloud.canaries, cloud.gateways)


def test_what_is_absent_is_empty_and_not_an_error(functions: Functions) -> None:
    assert list(functions.names()) == []
    assert list(functions.versions("demo")) == []
    assert dict(functions.tags("demo")) == {}
    assert list(functions.tag_history("demo", "prod")) == []
    assert functions.find_version("demo", "sha256:0", SETTINGS) is None
    assert functions.status("demo").calls == 0
    functions.delete("demo")


def test_a_version_says_what_it_was_made_of(functions: Functions, tmp_path: Path) -> None:
    bundle = bundle_record(write_bundle(tmp_path, ECHO), version="v1.2.0")
    version = functions.create_version("demo", bundle, SETTINGS)

    assert (version.number, version.digest, version.model_version) == (1, bundle.digest, "v1.2.0")
    assert (version.commit, version.settings, version.tags) == (bundle.commit, SETTINGS, ())
    assert list(functions.versions("demo")) == [version]
    assert list(functions.names()) == ["demo"]


def test_the_same_bundle_with_the_same_settings_is_one_version(functions: Functions, tmp_path: Path) -> None:
    bundle = bundle_record(write_bundle(tmp_path, ECHO))
    first = functions.create_version("demo", bundle, SETTINGS)
    again = functions.create_version("demo", bundle, SETTINGS)
    larger = functions.create_version("demo", bundle, FunctionSettings(memory=256))

    assert again == first == functions.find_version("demo", bundle.digest, SETTINGS)
    assert larger.number == 2


def test_a_tag_moves_and_remembers(functions: Functions, tmp_path: Path) -> None:
    for code in (ECHO, TRIVIAL):
        functions.create_version("demo", bundle_record(write_bundle(tmp_path, code)), SETTINGS)
    for number in (1, 2, 2, 1):
        functions.set_tag("demo", "prod", number)

    assert dict(functions.tags("demo")) == {"prod": 1}
    assert list(functions.tag_history("demo", "prod")) == [1, 2, 1]
    assert [version.tags for version in functions.versions("demo")] == [("prod",), ()]


def test_a_removed_tag_is_gone_with_its_history_and_its_version_stays(
    functions: Functions, tmp_path: Path
) -> None:
    functions.create_version("demo", bundle_record(write_bundle(tmp_path, ECHO)), SETTINGS)
    for tag in ("prod", "mr-1"):
        functions.set_tag("demo", tag, 1)
    functions.remove_tag("demo", "mr-1")
    functions.remove_tag("demo", "mr-1")
    functions.remove_tag("absent", "mr-1")

    assert dict(functions.tags("demo")) == {"prod": 1}
    assert list(functions.tag_history("demo", "mr-1")) == []
    assert [version.tags for version in functions.versions("demo")] == [("prod",)]


def test_a_tag_cannot_point_at_a_version_that_is_absent(functions: Functions) -> None:
    with pytest.raises((DeployError, PlatformError), match="no version 1"):
        functions.set_tag("demo", "prod", 1)


def test_each_tag_has_a_url_of_its_own(functions: Functions, tmp_path: Path) -> None:
    functions.create_version("demo", bundle_record(write_bundle(tmp_path, ECHO)), SETTINGS)
    assert functions.url("demo", "mr-1").endswith("mr-1")
    assert functions.url("demo", "mr-1") != functions.url("demo", "mr-2")


def test_a_deleted_function_is_gone_with_its_tags(functions: Functions, tmp_path: Path) -> None:
    functions.create_version("demo", bundle_record(write_bundle(tmp_path, ECHO)), SETTINGS)
    functions.set_tag("demo", "prod", 1)
    functions.delete("demo")
    assert list(functions.versions("demo")) == []
    assert dict(functions.tags("demo")) == {}
    assert list(functions.stored("demo")) == []


def test_the_local_platform_refuses_a_zip_that_is_not_the_proved_one(tmp_path: Path) -> None:
    functions = open_cloud("local", state=tmp_path / ".emel").functions
    bundle = bundle_record(write_bundle(tmp_path, ECHO))
    with pytest.raises(BundleError, match="digest differs"):
        functions.create_version("demo", msgspec.structs.replace(bundle, digest="sha256:0"), SETTINGS)
    bundle.path.unlink()
    with pytest.raises(BundleError, match="is gone"):
        functions.create_version("demo", bundle, SETTINGS)


def test_a_canary_of_a_tag_is_remembered_until_it_is_ended_or_the_tag_moves(
    sharing: Sharing, tmp_path: Path
) -> None:
    functions, canaries, _ = sharing
    sharing.prepare(tmp_path)
    trial = Canary(version=2, weight=10)

    assert canaries.canary("demo", "prod") is None
    for canary in (trial, trial, msgspec.structs.replace(trial, weight=50), None, None, trial):
        canaries.set_canary("demo", "prod", canary)
        assert canaries.canary("demo", "prod") == canary
    functions.set_tag("demo", "prod", 1)
    assert canaries.canary("demo", "prod") is None
    assert list(functions.tag_history("demo", "prod")) == [1]
    assert dict(functions.tags("demo")) == {"prod": 1}


def test_a_canary_is_finished_by_the_tag_that_comes_after_it(sharing: Sharing, tmp_path: Path) -> None:
    functions, canaries, _ = sharing
    sharing.prepare(tmp_path)
    canaries.set_canary("demo", "prod", Canary(version=2, weight=10))
    functions.set_tag("demo", "prod", 2)

    assert canaries.canary("demo", "prod") is None
    assert dict(functions.tags("demo")) == {"prod": 2}
    assert list(functions.tag_history("demo", "prod")) == [1, 2]


def test_a_canary_stays_the_version_that_it_was_when_another_tag_moves(
    sharing: Sharing, tmp_path: Path
) -> None:
    functions, canaries, _ = sharing
    sharing.prepare(tmp_path)
    functions.set_tag("demo", "next", 2)
    canaries.set_canary("demo", "prod", Canary(version=2, weight=10))
    functions.set_tag("demo", "next", 1)

    assert canaries.canary("demo", "prod") == Canary(version=2, weight=10)


@pytest.mark.parametrize(("tag", "number", "reason"), [("nope", 1, "no tag"), ("prod", 9, "no version 9")])
def test_a_canary_needs_a_tag_and_a_version(
    sharing: Sharing, tmp_path: Path, tag: str, number: int, reason: str
) -> None:
    sharing.prepare(tmp_path)
    with pytest.raises((DeployError, PlatformError), match=reason):
        sharing.canaries.set_canary("demo", tag, Canary(version=number, weight=10))
    assert dict(sharing.functions.tags("demo")) == {"prod": 1}
