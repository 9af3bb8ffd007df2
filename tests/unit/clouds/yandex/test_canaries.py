"""A canary of a tag: a share of the gateway's requests, which changes nothing else of the gateway."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest
from tests.fakes.bundles import ECHO, TRIVIAL, bundle_record, write_bundle
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.dying import Killed, dying_client
from tests.fakes.yandex.state import Fault
from tests.unit.clouds.yandex.test_killed import ROUTES

from emel.clouds import Canaries, Cloud
from emel.clouds.yandex.functions import canary_tag
from emel.errors import DeployError
from emel.records import Canary, FunctionSettings, ScalingPolicy

TRIAL = Canary(version=2, weight=10)


def prepared(emulator: Emulator, folder: Path, *, gateway: bool = True) -> Cloud:
    """Two versions of `demo`, the first as prod, and mostly a gateway before it."""
    cloud = emulated(emulator)
    for code in (ECHO, TRIVIAL):
        cloud.functions.create_version("demo", bundle_record(write_bundle(folder, code)), FunctionSettings())
    cloud.functions.set_tag("demo", "prod", 1)
    if gateway:
        assert cloud.gateways is not None
        cloud.gateways.put("demo", ROUTES)
    return cloud


def canaries_of(cloud: Cloud) -> Canaries:
    assert cloud.canaries is not None
    return cloud.canaries


def test_all_but_the_share_stays_as_it_is(emulator: Emulator, tmp_path: Path) -> None:
    cloud = prepared(emulator, tmp_path)
    [stored] = emulator.state.gateways.values()
    before = stored.spec, dict(stored.proto.labels), stored.proto.variables["tag"].string_value
    canaries_of(cloud).set_canary("demo", "prod", TRIAL)

    assert (stored.proto.canary.weight, stored.proto.canary.variables["tag"].string_value) == (
        10,
        canary_tag("prod"),
    )
    assert before == (stored.spec, dict(stored.proto.labels), stored.proto.variables["tag"].string_value)
    [status] = [cloud.functions.status("demo")]
    assert status.canaries == {"prod": TRIAL}
    assert status.gateway is not None and status.gateway.canary_weight == 10


def test_a_trial_scales_as_the_tag_does_and_is_not_kept_warm(emulator: Emulator, tmp_path: Path) -> None:
    cloud = prepared(emulator, tmp_path)
    assert cloud.scaling is not None
    cloud.scaling.set_policy("demo", "prod", ScalingPolicy(zone_instances=3, provisioned=1))
    canaries_of(cloud).set_canary("demo", "prod", TRIAL)

    assert cloud.scaling.policy("demo", canary_tag("prod")) == ScalingPolicy(zone_instances=3)


def test_without_a_gateway_the_error_says_how_to_make_one(emulator: Emulator, tmp_path: Path) -> None:
    cloud = prepared(emulator, tmp_path, gateway=False)
    with pytest.raises(DeployError, match="a function's own address has no shares") as problem:
        canaries_of(cloud).set_canary("demo", "prod", TRIAL)

    assert problem.value.hint == "put one before the function first: emel deploy --to yandex --gateway"
    assert dict(cloud.functions.tags("demo")) == {"prod": 1}


def test_a_tag_that_the_gateway_does_not_serve_has_nothing_to_share(
    emulator: Emulator, tmp_path: Path
) -> None:
    cloud = prepared(emulator, tmp_path)
    cloud.functions.set_tag("demo", "staging", 1)
    with pytest.raises(DeployError, match="go to prod, so staging has none") as problem:
        canaries_of(cloud).set_canary("demo", "staging", TRIAL)

    assert problem.value.hint == "share those of prod: --tag prod"


def test_who_may_not_see_gateways_moves_tags_all_the_same(emulator: Emulator, tmp_path: Path) -> None:
    cloud = prepared(emulator, tmp_path)
    emulator.state.faults.append(Fault("ApiGatewayService/List", grpc.StatusCode.PERMISSION_DENIED, times=9))
    cloud.functions.set_tag("demo", "prod", 2)

    assert dict(cloud.functions.tags("demo")) == {"prod": 2}
    assert cloud.functions.status("demo").gateway is None


@pytest.mark.parametrize("wanted", [TRIAL, None])
def test_a_canary_that_was_interrupted_at_any_call_is_completed_by_the_next_run(
    emulator: Emulator, tmp_path: Path, wanted: Canary | None
) -> None:
    cloud = prepared(emulator, tmp_path)
    number, interrupted = 0, True
    while interrupted:
        number += 1
        canaries_of(cloud).set_canary("demo", "prod", None if wanted else TRIAL)
        interrupted = killed_at(emulator, number, wanted)
        canaries_of(cloud).set_canary("demo", "prod", wanted)

        assert canaries_of(cloud).canary("demo", "prod") == wanted
        tags = {"prod": 1, canary_tag("prod"): 2} if wanted else {"prod": 1}
        assert dict(cloud.functions.tags("demo")) == tags
    assert number > 5, "it makes that many calls at least"


def killed_at(emulator: Emulator, number: int, wanted: Canary | None) -> bool:
    """Set a canary, and be killed at this call. Whether it got so far."""
    try:
        canaries_of(emulated(emulator, connect=dying_client(emulator, number))).set_canary(
            "demo", "prod", wanted
        )
    except Killed:
        return True
    return False
