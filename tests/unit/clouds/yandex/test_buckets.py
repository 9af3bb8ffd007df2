"""What a function has in buckets is found in all that it has used, and nothing else there is touched."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from pathlib import Path

import pytest
from tests.fakes.bundles import mounting
from tests.fakes.clocks import HastyClock
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.dying import Killed
from tests.fakes.yandex.state import SERVICE_ACCOUNT

from emel.clouds import Cloud
from emel.errors import DeployError
from emel.records import Bundle, FunctionSettings

SETTINGS = FunctionSettings()
OLD, NEW = "bucket-of-yesterday", "bucket-of-today"
FOREIGN = ("data/train.csv", "emel/notes.txt", "emel-models/b1gother/demo/00/model.bin", "emel-models/demo")
"""What stands in both buckets, some of it with names like ours: another folder has a `demo` too."""


@pytest.fixture
def emulator(emulator: Emulator) -> Emulator:
    for bucket in (OLD, NEW):
        emulator.storage.add(bucket)
        for key in FOREIGN:
            emulator.storage.put(bucket, key, b"of others")
    return emulator


def cloud_of(emulator: Emulator, bucket: str | None, clock: HastyClock | None = None) -> Cloud:
    return emulated(emulator, clock=clock, service_account=SERVICE_ACCOUNT, bucket=bucket)


def deployed(cloud: Cloud, bundle: Bundle) -> None:
    made = cloud.functions.create_version("demo", bundle, SETTINGS)
    cloud.functions.set_tag("demo", "prod", made.number)
    cloud.functions.clean_up(bundle)


def ours(emulator: Emulator, bucket: str) -> list[str]:
    return [key for key in emulator.storage.keys(bucket) if key not in FOREIGN]


def check_foreign(emulator: Emulator) -> None:
    for bucket in (OLD, NEW):
        assert set(FOREIGN) <= set(emulator.storage.keys(bucket))


def test_models_in_a_bucket_of_yesterday_go_with_the_function(
    emulator: Emulator, mounting_bundle: Bundle
) -> None:
    deployed(cloud_of(emulator, OLD), mounting_bundle)
    cloud = cloud_of(emulator, NEW)
    deployed(cloud, mounting_bundle)
    size = mounting_bundle.mounted.size if mounting_bundle.mounted else 0
    listed = [(each.bucket, each.objects, each.bytes) for each in cloud.functions.stored("demo")]
    assert listed == [(NEW, 1, size), (OLD, 1, size)]

    cloud.functions.delete("demo")
    assert ours(emulator, OLD) == ours(emulator, NEW) == []
    check_foreign(emulator)
    assert list(cloud.functions.stored("demo")) == []


def test_a_later_deploy_prunes_the_bucket_of_yesterday(emulator: Emulator, tmp_path: Path) -> None:
    first, second = (mounting(tmp_path, word, version) for word, version in ((b"a", "v1"), (b"b", "v2")))
    deployed(cloud_of(emulator, OLD), first)
    deployed(cloud_of(emulator, NEW), second)
    assert len(ours(emulator, OLD)) == 1, "a rollback needs it"

    [stored] = emulator.state.functions.values()
    stored.versions.pop(next(iter(stored.versions)))
    emulator.storage.age(ours(emulator, OLD)[0], timedelta(days=2), OLD)
    deployed(cloud_of(emulator, NEW), second)
    assert (len(ours(emulator, OLD)), len(ours(emulator, NEW))) == (0, 1)
    check_foreign(emulator)


def test_a_zip_that_a_broken_deploy_left_in_a_bucket_of_yesterday_is_found(
    emulator: Emulator, large_bundle: Bundle
) -> None:
    emulator.state.build_error = "the builder fell over"
    with pytest.raises(DeployError, match="fell over"):
        deployed(cloud_of(emulator, OLD), large_bundle)
    emulator.state.build_error = None
    assert len(ours(emulator, OLD)) == 1
    cloud = cloud_of(emulator, None)
    assert [each.bucket for each in cloud.functions.stored("demo")] == [OLD], "the label tells"
    cloud.functions.delete("demo")
    assert ours(emulator, OLD) == []


def test_the_labels_that_others_gave_the_function_stay(
    emulator: Emulator, bundle: Bundle, mounting_bundle: Bundle
) -> None:
    cloud = cloud_of(emulator, OLD)
    deployed(cloud, bundle)
    [stored] = emulator.state.functions.values()
    stored.proto.labels["team"] = "vision"
    deployed(cloud, mounting_bundle)
    labels = dict(stored.proto.labels)
    assert (labels["team"], labels["managed-by"]) == ("vision", "emel")
    assert OLD in labels.values()


def test_a_bucket_that_may_no_longer_be_read_keeps_the_function_and_not_the_deploy(
    emulator: Emulator, mounting_bundle: Bundle
) -> None:
    deployed(cloud_of(emulator, OLD), mounting_bundle)
    emulator.storage.closed.add(OLD)
    cloud = cloud_of(emulator, NEW)
    deployed(cloud, mounting_bundle)
    for look in (cloud.functions.stored, cloud.functions.delete):
        with pytest.raises(DeployError, match="AccessDenied") as problem:
            look("demo")
        assert OLD in str(problem.value.where)
        assert "yc serverless function delete --name demo" in str(problem.value.hint)
    assert len(emulator.state.functions) == 1


def test_a_bucket_that_is_gone_holds_nothing(emulator: Emulator, mounting_bundle: Bundle) -> None:
    deployed(cloud_of(emulator, OLD), mounting_bundle)
    emulator.storage.drop(OLD)
    cloud = cloud_of(emulator, NEW)
    deployed(cloud, mounting_bundle)
    assert [each.bucket for each in cloud.functions.stored("demo")] == [NEW]
    cloud.functions.delete("demo")
    assert emulator.state.functions == {}


def test_a_project_that_may_not_read_a_bucket_which_it_never_used_needs_no_role(
    emulator: Emulator, bundle: Bundle
) -> None:
    deployed(cloud_of(emulator, OLD), bundle)
    emulator.storage.closed.add(OLD)
    cloud = cloud_of(emulator, OLD)
    assert list(cloud.functions.stored("demo")) == []
    cloud.functions.delete("demo")
    assert emulator.state.functions == {}


def test_what_a_function_that_somebody_deleted_left_in_the_projects_bucket_is_found(
    emulator: Emulator, mounting_bundle: Bundle
) -> None:
    deployed(cloud_of(emulator, OLD), mounting_bundle)
    emulator.state.functions.clear()
    cloud = cloud_of(emulator, OLD)
    assert [each.bucket for each in cloud.functions.stored("demo")] == [OLD]
    cloud.functions.delete("demo")
    assert ours(emulator, OLD) == []
    check_foreign(emulator)


class FatalClock(HastyClock):
    """Ends the client after this call of those that change something: it looks before every call.

    A client that is killed after a call that reads leaves what it left after the change before.
    """

    def __init__(self, emulator: Emulator, number: int) -> None:
        super().__init__()
        self._rest: float = number
        emulator.state.on_call = self._hear

    def _hear(self, _: int, name: str) -> None:
        method = re.split("[ /]", name)[-1]
        self._rest -= not method.startswith(("Get", "List", "GET", "HEAD"))

    def monotonic(self) -> float:
        if self._rest <= 0:
            self._rest = math.inf
            raise Killed
        return super().monotonic()


@pytest.mark.parametrize("before", [OLD, NEW], ids=["in-the-bucket-of-yesterday", "after-the-change"])
def test_whenever_it_is_killed_both_buckets_are_empty_in_the_end(
    emulator: Emulator, tmp_path: Path, before: str
) -> None:
    bundle = mounting(tmp_path, b"model")
    number, interrupted = 0, True
    while interrupted:
        number += 1
        if before == NEW:
            deployed(cloud_of(emulator, OLD), bundle)
        try:
            cloud = cloud_of(emulator, before, FatalClock(emulator, number))
            deployed(cloud, bundle)
            cloud.functions.delete("demo")
            interrupted = False
        except Killed:
            emulator.state.on_call = None
        deployed(cloud_of(emulator, NEW), bundle)
        assert len(ours(emulator, NEW)) == 1
        cloud_of(emulator, NEW).functions.delete("demo")

        assert emulator.state.functions == {}
        assert ours(emulator, OLD) == ours(emulator, NEW) == []
        assert emulator.storage.uploads(OLD) == emulator.storage.uploads(NEW) == 0
    check_foreign(emulator)
    assert number > 7, "deploy and destroy change that many things at least"
