"""What `emel doctor` sees of a cloud, and what it says to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.fakes.clocks import HastyClock
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.state import FOLDER, SERVICE_ACCOUNT

from emel.clouds.base import Cloud
from emel.records import Bundle, Finding, FunctionSettings

READS = ("/Get", "/List", "/ListAccessBindings", "/ListRuntimes", "/Create", "s3 HEAD", "s3 GET")


def seen(cloud: Cloud, bundle: Bundle | None = None) -> dict[str, Finding]:
    assert cloud.doctor is not None
    return {finding.what: finding for finding in cloud.doctor.examine(bundle)}


def with_key(emulator: Emulator, **settings: Any) -> Cloud:
    return emulated(emulator, env={"YC_SERVICE_ACCOUNT_KEY_FILE": str(emulator.key_file())}, **settings)


def test_where_nothing_is_missing_everything_is_in_order_and_nothing_was_changed(emulator: Emulator) -> None:
    found = seen(with_key(emulator))
    assert [finding.what for finding in found.values() if not finding.ok] == ["quota: graphics cards"]
    assert found["folder"].detail == f"default ({FOLDER})"
    assert found["runtimes"].detail == "python311, python312, python314"
    assert found["quota: functions in the cloud"].detail == "0 of 10 used"
    assert found["quota: instances in a zone"].detail == "10; how much is used is not told"
    changing = [call for call in emulator.state.calls if not call.endswith(READS)]
    assert changing == []
    assert [call for call in emulator.state.calls if call.endswith("/Create")] == [
        "yandex.cloud.iam.v1.IamTokenService/Create"
    ]


def test_a_role_that_is_missing_comes_with_the_command_that_gives_it(emulator: Emulator) -> None:
    emulator.state.roles -= {"functions.admin", "storage.editor"}
    emulator.state.roles |= {"functions.viewer"}
    found = seen(with_key(emulator))
    assert found["role functions.editor"].ok is False
    assert found["role functions.editor"].remedy == (
        f"yc resource-manager folder add-access-binding {FOLDER} --role functions.editor "
        f"--subject serviceAccount:{SERVICE_ACCOUNT}"
    )
    assert found["bucket"].ok is False
    assert str(found["bucket"].remedy).endswith(
        f"yc resource-manager folder add-access-binding {FOLDER} --role storage.editor "
        f"--subject serviceAccount:{SERVICE_ACCOUNT}"
    )
    assert found["role logging.reader"].ok


def test_a_quota_that_is_used_up_says_what_to_do(emulator: Emulator, bundle: Bundle) -> None:
    emulator.state.quotas["serverless.functions.count"] = 1
    emulated(emulator).functions.create_version("demo", bundle, FunctionSettings())
    found = seen(with_key(emulator))["quota: functions in the cloud"]
    assert (found.ok, found.detail) == (None, "1 of 1 used: no more can be made")
    assert "ask for more" in str(found.remedy)


USE = f"use of {SERVICE_ACCOUNT}"
ROLE = "iam.serviceAccounts.user"


@pytest.mark.parametrize(
    ("folder", "account", "ok"),
    [({ROLE}, set(), True), (set(), {ROLE}, True), (set(), set(), False), ({"editor"}, set(), None)],
)
def test_whether_the_deployer_may_use_the_functions_account_is_read_from_the_bindings_of_both(
    emulator: Emulator, folder: set[str], account: set[str], ok: bool | None
) -> None:
    emulator.state.roles -= {ROLE, "functions.admin"}
    emulator.state.roles |= {"functions.editor", "viewer", *folder}
    emulator.state.account_roles = account
    found = seen(with_key(emulator, service_account=SERVICE_ACCOUNT))[USE]

    assert found.ok is ok
    command = f"yc iam service-account add-access-binding {SERVICE_ACCOUNT} --role {ROLE} --subject "
    assert ok or found.remedy == f"{command}serviceAccount:{SERVICE_ACCOUNT}"


def test_an_account_whose_bindings_are_not_shown_is_said_to_be_unchecked(emulator: Emulator) -> None:
    emulator.state.roles -= {ROLE}
    found = seen(with_key(emulator, service_account=SERVICE_ACCOUNT))[USE]
    assert found.ok is None and "is not checked" in found.detail
    unknown = seen(emulated(emulator, service_account=SERVICE_ACCOUNT))[USE]
    assert unknown.ok is None and "DEPLOYER_ID" in str(unknown.remedy)
    assert not any(what.startswith("use of") for what in seen(with_key(emulator))), "none is named"


def test_what_cannot_be_seen_is_no_trouble(emulator: Emulator) -> None:
    emulator.state.roles.discard("quota-manager.viewer")
    found = seen(emulated(emulator, bucket=None))
    assert found["quota: instances in a zone"].ok is None
    assert "quota-manager.viewer" in str(found["quota: instances in a zone"].remedy)
    assert found["role functions.editor"].ok is None, "whose token it is, is not known"
    assert found["bucket"].ok is None


def test_without_a_sign_in_nothing_more_is_asked(emulator: Emulator) -> None:
    found = seen(emulated(emulator, env={"YC_IAM_TOKEN": "t1.nonsense"}))
    assert found["folder"].ok is False and "sign-in was not accepted" in found["folder"].detail
    assert list(found) == ["clock", "sign-in", "folder"]


def test_a_key_file_that_is_not_there_is_said(emulator: Emulator) -> None:
    found = seen(emulated(emulator, env={"YC_SERVICE_ACCOUNT_KEY_FILE": "/nowhere/key.json"}))
    assert found["sign-in"].ok is False and "not there" in found["sign-in"].detail


def test_a_folder_that_nobody_named_is_said(emulator: Emulator) -> None:
    found = seen(emulated(emulator, folder=None))
    assert "YC_FOLDER_ID" in str(found["folder"].remedy)


class Late(HastyClock):
    def now(self) -> datetime:
        return datetime.now(UTC) - timedelta(minutes=5)


def test_a_clock_that_is_off_is_seen(emulator: Emulator) -> None:
    found = seen(emulated(emulator, clock=Late()))
    assert found["clock"].ok is False and "behind the cloud's" in found["clock"].detail


@pytest.mark.parametrize("runtimes", [["nodejs22"], ["python37"]])
def test_a_cloud_without_a_fitting_python_is_said(emulator: Emulator, runtimes: list[str]) -> None:
    emulator.state.runtimes = runtimes
    assert seen(emulated(emulator))["runtimes"].ok is False


def test_what_machines_need_is_told_and_its_lack_is_no_trouble(emulator: Emulator) -> None:
    emulator.places.add_nat("ru-central1-b")
    emulator.state.quotas["compute.instanceT4Gpus.count"] = 2
    found = seen(with_key(emulator))
    assert found["subnets for machines"].detail == "ru-central1-a, ru-central1-b (NAT), ru-central1-d"
    assert found["quota: processors of machines"].detail == "32"
    assert found["quota: graphics cards"].detail == "t4 2, t4i 0, v100 0, a100 0, gen2 0"
    assert found["role vpc.publicAdmin"].ok

    emulator.state.roles -= {"compute.editor", "vpc.user", "vpc.publicAdmin"}
    emulator.state.quotas["compute.instanceT4Gpus.count"] = 0
    lacking = seen(with_key(emulator))
    for what in (
        "role compute.editor",
        "role vpc.publicAdmin",
        "subnets for machines",
        "quota: graphics cards",
    ):
        assert lacking[what].ok is None and lacking[what].remedy, what


def test_a_public_function_needs_a_role_more(emulator: Emulator) -> None:
    emulator.state.roles ^= {"functions.admin", "functions.editor"}
    role = "role functions.admin"
    assert role not in seen(with_key(emulator))
    found = seen(with_key(emulator, public=True))[role]
    assert found.ok is False and "--role functions.admin" in str(found.remedy)


def test_a_role_that_is_held_on_the_cloud_is_not_missing(emulator: Emulator) -> None:
    emulator.state.roles -= {"functions.admin"}
    emulator.state.roles |= {"functions.viewer"}
    emulator.state.cloud_roles = {"editor"}
    assert seen(with_key(emulator))["role functions.editor"].ok


@pytest.mark.parametrize(
    ("bucket", "words"), [(None, "[yandex] bucket"), ("emel-bundles", "")], ids=["none", "named"]
)
def test_what_the_bundle_at_hand_needs_is_looked_at(
    emulator: Emulator, large_bundle: Bundle, bucket: str | None, words: str
) -> None:
    found = seen(emulated(emulator, bucket=bucket), large_bundle)["bundle"]
    assert (found.ok is False) == bool(words)
    assert words in str(found.remedy)
