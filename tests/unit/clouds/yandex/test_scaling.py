"""Scaling policies of tags, and who may call."""

from __future__ import annotations

import pytest
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from yandex.cloud.access import access_pb2 as access

from emel.clouds.base import Access, Scaling
from emel.errors import DeployError
from emel.records import Bundle, FunctionSettings, ScalingPolicy

POLICY = ScalingPolicy(zone_instances=5, zone_requests=8, provisioned=1)


@pytest.fixture
def scaling(emulator: Emulator, bundle: Bundle) -> Scaling:
    cloud = emulated(emulator)
    cloud.functions.create_version("demo", bundle, FunctionSettings())
    cloud.functions.set_tag("demo", "prod", 1)
    assert cloud.scaling is not None
    return cloud.scaling


@pytest.fixture
def may_call(emulator: Emulator, scaling: Scaling) -> Access:
    found = emulated(emulator).access
    assert found is not None
    return found


def test_each_tag_has_a_policy_of_its_own(scaling: Scaling) -> None:
    assert scaling.policy("demo", "prod") is None
    scaling.set_policy("demo", "prod", POLICY)
    assert scaling.policy("demo", "prod") == POLICY
    assert scaling.policy("demo", "mr-1") is None
    assert scaling.policy("absent", "prod") is None


def test_the_same_policy_again_changes_nothing(emulator: Emulator, scaling: Scaling) -> None:
    scaling.set_policy("demo", "prod", POLICY)
    emulator.state.calls.clear()
    scaling.set_policy("demo", "prod", POLICY)
    assert not [call for call in emulator.state.calls if call.endswith("/SetScalingPolicy")]


@pytest.mark.parametrize(
    ("policy", "what", "option"),
    [
        (ScalingPolicy(zone_instances=11), "instances", "--max, or max_instances in emel.toml"),
        (ScalingPolicy(zone_requests=11), "requests", "--requests, or zone_requests in emel.toml"),
    ],
)
def test_more_than_a_quota_is_refused_before_the_cloud_is_asked(
    emulator: Emulator, scaling: Scaling, policy: ScalingPolicy, what: str, option: str
) -> None:
    with pytest.raises(DeployError, match=f"11 {what} are asked for in each zone, and .* is 10") as problem:
        scaling.set_policy("demo", "prod", policy)
    assert f"say at most 10 ({option})" in str(problem.value.hint)
    assert not [call for call in emulator.state.calls if call.endswith("/SetScalingPolicy")]


def test_quotas_that_may_not_be_seen_are_left_to_the_cloud(emulator: Emulator, scaling: Scaling) -> None:
    emulator.state.roles.discard("quota-manager.viewer")
    scaling.set_policy("demo", "prod", ScalingPolicy(zone_instances=11))
    assert scaling.policy("demo", "prod") == ScalingPolicy(zone_instances=11)


def test_more_warm_instances_than_the_cloud_gives_are_its_own_refusal(scaling: Scaling) -> None:
    with pytest.raises(DeployError, match="a quota is used up: The limit on provisioned instances"):
        scaling.set_policy("demo", "prod", ScalingPolicy(provisioned=3))


def test_a_tag_that_is_absent_cannot_scale(scaling: Scaling) -> None:
    with pytest.raises(DeployError, match="Tag mr-1 not found"):
        scaling.set_policy("demo", "mr-1", POLICY)


def test_a_function_is_private_until_it_is_made_public_and_other_bindings_stay(
    emulator: Emulator, may_call: Access
) -> None:
    [stored] = emulator.state.functions.values()
    subject = access.Subject(id="aje1", type="serviceAccount")
    theirs = access.AccessBinding(role_id="functions.viewer", subject=subject)
    stored.bindings.append(theirs)

    assert not may_call.is_public("demo")
    may_call.make_public("demo")
    may_call.make_public("demo")
    assert may_call.is_public("demo")
    assert len(stored.bindings) == 2 and theirs in stored.bindings


def test_making_public_needs_the_role_of_an_administrator(emulator: Emulator, may_call: Access) -> None:
    emulator.state.roles -= {"functions.admin"}
    emulator.state.roles |= {"functions.editor"}
    with pytest.raises(DeployError) as problem:
        may_call.make_public("demo")
    assert "give the role functions.admin" in str(problem.value.hint)
