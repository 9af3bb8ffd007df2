"""Whether the function's account may read the bucket of its model: as doctor and deploy tell it."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct, Value
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.state import CLOUD, FOLDER
from yandex.cloud.storage.v1.bucket_pb2 import ACL, Bucket

from emel.clouds import Cloud
from emel.errors import DeployError
from emel.records import Bundle, Finding, FunctionSettings

BUCKET = "emel-bundles"
ACCOUNT = "ajemodel000000000000"
COMMAND = (
    f"yc resource-manager folder add-access-binding {FOLDER} --role storage.viewer "
    f"--subject serviceAccount:{ACCOUNT}"
)


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud:
    emulator.state.service_accounts.add(ACCOUNT)
    return emulated(emulator, service_account=ACCOUNT)


def seen(cloud: Cloud, bundle: Bundle | None) -> Finding:
    assert cloud.doctor is not None
    return next(each for each in cloud.doctor.examine(bundle) if each.what == f"reading of {BUCKET}")


@pytest.mark.parametrize(
    ("place", "role"),
    [(f"e3e{BUCKET}", "storage.viewer"), (FOLDER, "storage.uploader"), (CLOUD, "viewer")],
    ids=["bucket", "folder", "cloud"],
)
def test_a_role_that_reads_is_found_wherever_it_is_held(
    emulator: Emulator, cloud: Cloud, mounting_bundle: Bundle, place: str, role: str
) -> None:
    emulator.state.others_roles[f"{ACCOUNT} on {place}"] = {role, "lockbox.payloadViewer"}
    found = seen(cloud, mounting_bundle)
    assert (found.ok, found.detail) == (True, f"{ACCOUNT} may, by {role}")


def test_without_one_the_command_that_gives_it_is_told(
    emulator: Emulator, cloud: Cloud, mounting_bundle: Bundle
) -> None:
    emulator.state.others_roles[f"ajesomeoneelse on {FOLDER}"] = {"storage.viewer"}
    found = seen(cloud, mounting_bundle)
    assert (found.ok, found.remedy) == (False, COMMAND)
    assert seen(cloud, None).ok is None, "no model is known to be mounted"


@pytest.mark.parametrize(
    "details",
    [
        {"acl": ACL(grants=[ACL.Grant(grantee_id=ACCOUNT, permission="PERMISSION_READ")])},
        {"policy": Struct(fields={"Version": Value(string_value="2012-10-17")})},
    ],
    ids=["acl", "policy"],
)
def test_what_else_may_let_it_read_is_no_refusal(
    emulator: Emulator, cloud: Cloud, mounting_bundle: Bundle, details: dict[str, Any]
) -> None:
    emulator.buckets.details[BUCKET] = Bucket(**details)
    found = seen(cloud, mounting_bundle)
    assert found.ok is None and "ACL and policy" in found.detail


def test_a_group_may_let_it_read(emulator: Emulator, cloud: Cloud, mounting_bundle: Bundle) -> None:
    emulator.state.others_roles[f"group-of-functions on {FOLDER}"] = {"storage.viewer"}
    found = seen(cloud, mounting_bundle)
    assert found.ok is None and "members of groups" in found.detail


def test_places_that_hide_their_roles_are_named(
    emulator: Emulator, cloud: Cloud, mounting_bundle: Bundle
) -> None:
    emulator.state.closed_places = {CLOUD}
    found = seen(cloud, mounting_bundle)
    assert (found.ok, found.remedy) == (None, COMMAND)
    assert "hidden: the roles on its cloud" in found.detail


def test_a_deploy_that_could_never_start_is_refused_before_anything_is_sent(
    emulator: Emulator, cloud: Cloud, mounting_bundle: Bundle
) -> None:
    with pytest.raises(DeployError, match="could not read its model in bucket emel-bundles") as problem:
        cloud.functions.create_version("demo", mounting_bundle, FunctionSettings())
    assert problem.value.hint == COMMAND
    assert (emulator.state.functions, emulator.storage.keys()) == ({}, [])

    emulator.state.closed_places = {CLOUD}
    cloud.functions.create_version("demo", mounting_bundle, FunctionSettings())
    assert len(emulator.storage.keys()) == 1, "it may be held where that is not to be seen"
