"""A model that stands beside its zip: put into the bucket once, mounted, and removed when unused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.fakes.bundles import ECHO, bundle_record, mounting, write_bundle
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.state import FOLDER, SERVICE_ACCOUNT
from yandex.cloud.serverless.functions.v1.function_pb2 import Mount

from emel.clouds import Cloud
from emel.errors import BundleError, DeployError
from emel.records import Bundle, FunctionSettings

SETTINGS = FunctionSettings()
DAY = timedelta(days=1, minutes=1)


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud:
    return emulated(emulator, service_account=SERVICE_ACCOUNT)


def folder_of(bundle: Bundle) -> str:
    assert bundle.mounted is not None
    return f"emel-models/{FOLDER}/demo/{bundle.mounted.digest.removeprefix('sha256:')}"


def deployed(cloud: Cloud, bundle: Bundle) -> None:
    cloud.functions.create_version("demo", bundle, SETTINGS)
    cloud.functions.clean_up(bundle)


def test_a_version_mounts_the_folder_of_its_own_model_and_no_more(
    emulator: Emulator, cloud: Cloud, mounting_bundle: Bundle
) -> None:
    deployed(cloud, mounting_bundle)

    [stored] = emulator.state.functions.values()
    [version] = stored.versions.values()
    [mount] = version.proto.mounts
    assert (mount.name, mount.mode) == ("model", Mount.READ_ONLY)
    assert mount.object_storage.bucket_id == emulator.storage.BUCKET
    assert mount.object_storage.prefix == folder_of(mounting_bundle)
    assert emulator.storage.keys() == [f"{folder_of(mounting_bundle)}/words.txt"]


def test_parts_of_a_model_that_a_broken_deploy_has_sent_are_not_sent_again(
    emulator: Emulator, mounting_bundle: Bundle
) -> None:
    def stop(text: str) -> None:
        if text == "uploading the model, 100%":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deployed(emulated(emulator, service_account=SERVICE_ACCOUNT, tell=stop), mounting_bundle)
    emulator.state.calls.clear()
    deployed(emulated(emulator, service_account=SERVICE_ACCOUNT), mounting_bundle)

    assert emulator.state.calls.count("s3 PUT") == 1
    assert emulator.storage.uploads() == 0


def test_another_zip_with_the_same_model_sends_it_no_more(
    emulator: Emulator, cloud: Cloud, tmp_path: Path, mounting_bundle: Bundle
) -> None:
    deployed(cloud, mounting_bundle)
    (tmp_path / "other").mkdir()
    other = mounting(tmp_path / "other", b"model " * 1_500_000, version="v3.1.0")
    emulator.state.calls.clear()
    deployed(cloud, other)

    assert "s3 PUT" not in emulator.state.calls
    assert [version.number for version in cloud.functions.versions("demo")] == [1, 2]


def test_a_model_stays_while_a_version_mounts_it_and_a_day_longer(
    emulator: Emulator, cloud: Cloud, tmp_path: Path
) -> None:
    first, second = (mounting(tmp_path, word, version) for word, version in ((b"a", "v1"), (b"b", "v2")))
    deployed(cloud, first)
    deployed(cloud, second)
    [stored] = emulator.state.functions.values()
    stale = emulator.storage.keys()
    for key in stale:
        emulator.storage.age(key, DAY)
    deployed(cloud, second)
    assert len(emulator.storage.keys()) == 2, "a rollback may need it"

    stored.versions.pop(next(iter(stored.versions)))
    deployed(cloud, second)
    assert emulator.storage.keys() == [f"{folder_of(second)}/words.txt"]


def test_a_model_without_a_version_yet_may_be_that_of_another_deploy(
    emulator: Emulator, cloud: Cloud, tmp_path: Path
) -> None:
    first, second = (mounting(tmp_path, word, version) for word, version in ((b"a", "v1"), (b"b", "v2")))
    deployed(cloud, first)
    deployed(cloud, second)
    [stored] = emulator.state.functions.values()
    stored.versions.pop(next(iter(stored.versions)))
    deployed(cloud, second)

    assert len(emulator.storage.keys()) == 2


def test_a_model_that_somebody_removed_is_put_back_by_the_next_deploy(
    emulator: Emulator, cloud: Cloud, mounting_bundle: Bundle
) -> None:
    deployed(cloud, mounting_bundle)
    there = emulator.storage.keys()
    emulator.storage.remove(there[0])
    deployed(cloud, mounting_bundle)

    assert emulator.storage.keys() == there
    assert len(cloud.functions.versions("demo")) == 1


def test_models_go_with_their_function(emulator: Emulator, cloud: Cloud, mounting_bundle: Bundle) -> None:
    deployed(cloud, mounting_bundle)
    cloud.functions.delete("demo")

    assert emulator.storage.keys() == []


def test_a_version_that_mounts_another_bucket_is_made_anew(
    emulator: Emulator, cloud: Cloud, mounting_bundle: Bundle
) -> None:
    deployed(cloud, mounting_bundle)
    elsewhere = emulated(emulator, service_account=SERVICE_ACCOUNT, bucket="another-bucket")

    assert cloud.functions.find_version("demo", mounting_bundle.digest, SETTINGS) is not None
    assert elsewhere.functions.find_version("demo", mounting_bundle.digest, SETTINGS) is None


@pytest.mark.parametrize(
    ("settings", "hint"),
    [({"service_account": SERVICE_ACCOUNT, "bucket": None}, "[yandex] bucket"), ({}, "storage.viewer")],
)
def test_what_a_mount_needs_is_asked_for_before_anything_is_made(
    emulator: Emulator, mounting_bundle: Bundle, settings: dict[str, str | None], hint: str
) -> None:
    with pytest.raises(DeployError) as problem:
        deployed(emulated(emulator, **settings), mounting_bundle)

    assert hint in str(problem.value.hint)
    assert emulator.state.functions == {}


def test_a_zip_that_is_too_large_is_refused_before_anything_is_made(
    emulator: Emulator, cloud: Cloud, tmp_path: Path
) -> None:
    path = write_bundle(tmp_path, ECHO)
    with path.open("ab") as file:
        file.truncate(cloud.limits.bundle_bytes + 1)
    bundle = bundle_record(path)
    for refusing in (cloud.check, lambda each: deployed(cloud, each)):
        with pytest.raises(DeployError, match="a function may have 128 MB") as problem:
            refusing(bundle)
        assert "stands beside the zip" in str(problem.value.hint)
    assert emulator.state.calls == []


def test_a_model_that_is_not_the_proved_one_is_not_sent(
    emulator: Emulator, cloud: Cloud, mounting_bundle: Bundle
) -> None:
    assert mounting_bundle.mounted is not None
    mounting_bundle.mounted.path.write_bytes(b"another")

    with pytest.raises(BundleError, match="not the bundle's model that was built"):
        deployed(cloud, mounting_bundle)
    assert (emulator.state.functions, emulator.storage.keys()) == ({}, [])


def test_a_version_without_a_mount_asks_nothing_of_the_bucket(
    emulator: Emulator, cloud: Cloud, tmp_path: Path
) -> None:
    deployed(cloud, bundle_record(write_bundle(tmp_path, ECHO)))

    assert not any(call.startswith("s3 ") for call in emulator.state.calls)
