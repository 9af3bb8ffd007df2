"""Calls that fail, calls whose answers are lost, and what the user is told."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, Help
from tests.fakes.bundles import TRIVIAL, bundle_record, write_bundle
from tests.fakes.clocks import HastyClock
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.state import SERVICE_ACCOUNT, Fault

from emel.errors import DeployError
from emel.records import Bundle, FunctionSettings, LockboxSecret, ScalingPolicy

SETTINGS = FunctionSettings()
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
CHANGES = ("Create", "CreateVersion", "SetTag", "SetScalingPolicy", "UpdateAccessBindings")


@pytest.mark.parametrize("honoured", [True, False], ids=["key honoured", "key ignored"])
@pytest.mark.parametrize("method", CHANGES)
def test_a_change_whose_answer_is_lost_is_not_made_twice(
    emulator: Emulator, bundle: Bundle, method: str, honoured: bool
) -> None:
    emulator.state.honours_idempotency_key = honoured
    emulator.state.faults.append(Fault(f"/{method}", UNAVAILABLE, times=2, after=True))
    cloud = emulated(emulator)
    cloud.functions.create_version("demo", bundle, SETTINGS)
    cloud.functions.set_tag("demo", "prod", 1)
    assert cloud.scaling is not None and cloud.access is not None
    cloud.scaling.set_policy("demo", "prod", ScalingPolicy(zone_instances=3))
    cloud.access.make_public("demo")

    emulator.state.settle()
    [stored] = emulator.state.functions.values()
    assert (len(stored.versions), len(stored.bindings)) == (1, 1)
    assert cloud.functions.tag_history("demo", "prod") == [1]


def test_a_cloud_that_is_away_for_a_while_is_waited_for_with_growing_pauses(
    emulator: Emulator, bundle: Bundle
) -> None:
    clock, told = HastyClock(), list[str]()
    emulator.state.faults.append(Fault("/List", UNAVAILABLE, times=3))
    emulated(emulator, clock=clock, tell=told.append).functions.create_version("demo", bundle, SETTINGS)
    assert clock.slept[:3] == [0.5, 1.0, 2.0]
    assert told[2] == "Yandex Cloud does not take the call, trying again in 2 s"


def test_two_first_deploys_at_the_same_moment_share_the_function(
    emulator: Emulator, bundle: Bundle, tmp_path: Path
) -> None:
    def other_is_faster(text: str) -> None:
        if text == "creating function demo":
            other = bundle_record(write_bundle(tmp_path, TRIVIAL, version="v2.0.0"), version="v2.0.0")
            emulated(emulator).functions.create_version("demo", other, SETTINGS)

    functions = emulated(emulator, tell=other_is_faster).functions
    assert functions.create_version("demo", bundle, SETTINGS).number == 2
    assert len(emulator.state.functions) == 1


def test_a_cloud_that_stays_away_is_an_error_that_says_so(emulator: Emulator) -> None:
    emulator.state.faults.append(Fault("/List", UNAVAILABLE, "connection reset", times=100))
    with pytest.raises(DeployError, match="does not answer") as problem:
        emulated(emulator).functions.names()
    assert problem.value.where == "Yandex Cloud, FunctionService.List"


def test_too_many_operations_at_once_are_waited_for(emulator: Emulator, bundle: Bundle) -> None:
    text = "The limit on serverless.concurrentFolderOperations has exceeded."
    emulator.state.faults.append(Fault("/CreateVersion", grpc.StatusCode.RESOURCE_EXHAUSTED, text, times=2))
    assert emulated(emulator).functions.create_version("demo", bundle, SETTINGS).number == 1


def test_a_quota_that_is_used_up_is_told_at_once(emulator: Emulator, bundle: Bundle) -> None:
    emulator.state.quotas["serverless.functions.count"] = 0
    clock = HastyClock()
    with pytest.raises(DeployError, match="a quota is used up") as problem:
        emulated(emulator, clock=clock).functions.create_version("demo", bundle, SETTINGS)
    assert clock.slept == []
    assert "Quotas" in str(problem.value.hint)


def test_a_service_account_that_may_not_be_used_names_the_role_and_the_command(
    emulator: Emulator, bundle: Bundle
) -> None:
    emulator.state.roles.discard("iam.serviceAccounts.user")
    cloud = emulated(emulator, service_account=SERVICE_ACCOUNT)
    with pytest.raises(DeployError) as problem:
        cloud.functions.create_version("demo", bundle, SETTINGS)
    command = f"yc iam service-account add-access-binding {SERVICE_ACCOUNT} --role iam.serviceAccounts.user"
    assert command in str(problem.value.hint)


@pytest.mark.parametrize(
    ("taken", "role"), [("functions.admin", "functions.editor"), ("logging.reader", "logging.reader")]
)
def test_a_missing_role_is_named(emulator: Emulator, bundle: Bundle, taken: str, role: str) -> None:
    emulated(emulator).functions.create_version("demo", bundle, SETTINGS)
    if taken == "functions.admin":
        emulator.state.roles -= {taken}
        with pytest.raises(DeployError) as problem:
            emulated(emulator).functions.set_tag("demo", "prod", 1)
    else:
        emulator.state.roles -= {taken}
        with pytest.raises(DeployError) as problem:
            emulated(emulator, log_group="e23default0000000000").functions.status("demo")
    assert f"give the role {role}:" in str(problem.value.hint)


def test_a_build_that_fails_says_what_the_builder_said_and_leaves_nothing(
    emulator: Emulator, bundle: Bundle
) -> None:
    emulator.state.build_error = "pip: no matching distribution found for numpy==99"
    cloud = emulated(emulator)
    with pytest.raises(DeployError, match="numpy==99") as problem:
        cloud.functions.create_version("demo", bundle, SETTINGS)
    assert "yc operation get d4o" in str(problem.value.hint), "where the cloud keeps the builder's log"
    assert list(cloud.functions.versions("demo")) == []


def test_what_an_operation_says_beside_its_message_is_told_too(emulator: Emulator, bundle: Bundle) -> None:
    emulator.state.build_error = "the build failed"
    violation = BadRequest.FieldViolation(field="requirements.txt", description="no wheel for numpy")
    link = Help.Link(description="build log", url="https://storage.example/log")
    emulator.state.build_details = [BadRequest(field_violations=[violation]), Help(links=[link])]
    with pytest.raises(DeployError) as problem:
        emulated(emulator).functions.create_version("demo", bundle, SETTINGS)
    assert problem.value.message == (
        "the build failed; requirements.txt: no wheel for numpy; build log: https://storage.example/log"
    )


def test_a_function_that_someone_else_made_is_neither_changed_nor_seen(
    emulator: Emulator, bundle: Bundle
) -> None:
    cloud = emulated(emulator)
    cloud.functions.create_version("demo", bundle, SETTINGS)
    [stored] = emulator.state.functions.values()
    stored.proto.labels.clear()
    stranger = emulated(emulator).functions

    assert list(stranger.names()) == []
    assert list(stranger.versions("demo")) == []
    with pytest.raises(DeployError, match="that emel did not make"):
        stranger.create_version("demo", bundle, FunctionSettings(memory=256))
    stranger.delete("demo")
    assert len(emulator.state.functions) == 1


def test_an_operation_that_never_ends_is_given_up_and_named(emulator: Emulator, bundle: Bundle) -> None:
    emulator.state.operation_polls = 100_000
    with pytest.raises(
        DeployError, match=r"did not create the function within 600 s \(operation d4o"
    ) as problem:
        emulated(emulator).functions.create_version("demo", bundle, SETTINGS)
    assert "yc operation get d4o" in str(problem.value.hint)


def test_a_token_that_was_revoked_is_asked_for_again(emulator: Emulator) -> None:
    env = {"YC_SERVICE_ACCOUNT_KEY_FILE": str(emulator.key_file())}
    cloud = emulated(emulator, env=env)
    assert list(cloud.functions.names()) == []
    emulator.state.tokens.clear()
    assert list(cloud.functions.names()) == []


def test_a_folder_that_is_not_there_says_where_it_is_named(emulator: Emulator) -> None:
    with pytest.raises(DeployError, match="b1gwrong not found") as problem:
        emulated(emulator, folder="b1gwrong").functions.names()
    assert "YC_FOLDER_ID" in str(problem.value.hint)


def test_a_bucket_that_is_not_there_says_how_to_make_it(emulator: Emulator, large_bundle: Bundle) -> None:
    with pytest.raises(DeployError, match="does not exist") as problem:
        emulated(emulator, bucket="nowhere").functions.create_version("demo", large_bundle, SETTINGS)
    assert "nowhere" in str(problem.value.where)
    assert "yc storage bucket create --name nowhere" in str(problem.value.hint)


def test_a_secret_that_the_function_may_not_read_names_the_role(emulator: Emulator, bundle: Bundle) -> None:
    secrets = (LockboxSecret(variable="EMEL_API_KEY", id="e6qabsent", version="e6q1", key="api-key"),)
    with pytest.raises(DeployError, match="e6qabsent") as problem:
        emulated(emulator, secrets=secrets).functions.create_version("demo", bundle, SETTINGS)
    assert "lockbox.payloadViewer" in str(problem.value.hint)
