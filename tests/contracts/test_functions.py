"""What every cloud's functions must do; each is checked on the double in memory and on the local platform."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.fakes.bundles import ECHO, TRIVIAL, bundle_record, write_bundle
from tests.fakes.functions import InMemoryFunctions

from emel.clouds import Functions, open_cloud
from emel.errors import BundleError, DeployError, PlatformError
from emel.records import FunctionSettings

SETTINGS = FunctionSettings()


@pytest.fixture(params=["in memory", "local"])
def functions(request: pytest.FixtureRequest, tmp_path: Path) -> Functions:
    if request.param == "local":
        return open_cloud("local", state=tmp_path / ".emel").functions
    return InMemoryFunctions()


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


def test_the_url_of_a_tag_names_function_and_tag(functions: Functions) -> None:
    assert functions.url("demo", "mr-1").endswith("/demo/mr-1")


def test_a_deleted_function_is_gone_with_its_tags(functions: Functions, tmp_path: Path) -> None:
    functions.create_version("demo", bundle_record(write_bundle(tmp_path, ECHO)), SETTINGS)
    functions.set_tag("demo", "prod", 1)
    functions.delete("demo")
    assert list(functions.versions("demo")) == []
    assert dict(functions.tags("demo")) == {}


def test_the_local_platform_refuses_a_zip_that_is_not_the_proved_one(tmp_path: Path) -> None:
    functions = open_cloud("local", state=tmp_path / ".emel").functions
    bundle = bundle_record(write_bundle(tmp_path, ECHO))
    with pytest.raises(BundleError, match="digest differs"):
        functions.create_version("demo", msgspec.structs.replace(bundle, digest="sha256:0"), SETTINGS)
    bundle.path.unlink()
    with pytest.raises(BundleError, match="is gone"):
        functions.create_version("demo", bundle, SETTINGS)
