"""A deploy that is killed at any remote call: the next completes it, and nothing is doubled or left over."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.fakes.clocks import HastyClock
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.dying import Killed, dying_client
from tests.fakes.yandex.state import SERVICE_ACCOUNT

from emel import deploy
from emel.clouds import Cloud
from emel.records import Bundle, Endpoint, FunctionSettings, GatewayRoutes, ScalingPolicy

SETTINGS = FunctionSettings()
POLICY = ScalingPolicy(zone_instances=4, provisioned=1)
ROUTES = GatewayRoutes(
    tag="prod",
    contract={"openapi": "3.1.0", "info": {"title": "demo", "version": "v1"}, "paths": {}, "components": {}},
)


def run(cloud: Cloud, bundle: Bundle) -> Endpoint:
    plan = deploy.plan(
        bundle,
        tag="prod",
        settings=SETTINGS,
        functions=cloud.functions,
        scaling=cloud.scaling,
        policy=POLICY,
        access=cloud.access,
        gateways=cloud.gateways,
        routes=ROUTES,
    )
    return deploy.apply(plan, cloud.functions, cloud.scaling, cloud.access, cloud.gateways)


def check_complete(emulator: Emulator, objects: int = 0) -> None:
    """One function, one version, its tag, policy, binding and gateway; no upload is left, and no object but a
    model that the version mounts."""
    assert len(emulator.state.functions) == 1
    [stored] = emulator.state.functions.values()
    [version] = stored.versions
    assert stored.tags == {"$latest": version, "prod": version}
    assert [policy.provisioned_instances_count for policy in stored.policies.values()] == [1]
    assert len(stored.bindings) == 1
    [gateway] = emulator.state.gateways.values()
    assert gateway.proto.variables["tag"].string_value == "prod"
    assert (len(emulator.storage.keys()), emulator.storage.uploads()) == (objects, 0)


def killed_at(emulator: Emulator, number: int, bundle: Bundle) -> bool:
    """Run a deploy that is killed at this call. Whether it got so far."""

    try:
        run(emulated(emulator, connect=dying_client(emulator, number)), bundle)
    except Killed:
        return True
    return False


def test_a_deploy_that_was_killed_before_any_answer_is_completed_by_the_next(
    tmp_path: Path, bundle: Bundle
) -> None:
    number, interrupted = 0, True
    while interrupted:
        number += 1
        emulator = Emulator(tmp_path / str(number))
        interrupted = killed_at(emulator, number, bundle)
        run(emulated(emulator), bundle)
        check_complete(emulator)
        emulator.close()
    assert number > 15, "the deploy makes that many calls at least"


class FatalClock(HastyClock):
    """Ends the client at its first look after this call of Object Storage; it looks before every call."""

    def __init__(self, emulator: Emulator, number: int) -> None:
        super().__init__()
        self._rest = number
        emulator.state.on_call = self._hear

    def _hear(self, _: int, name: str) -> None:
        self._rest -= name.startswith("s3 ")

    def monotonic(self) -> float:
        if self._rest == 0:
            self._rest = -1
            raise Killed
        return super().monotonic()


def test_a_deploy_that_was_killed_after_any_call_of_object_storage_is_completed_by_the_next(
    tmp_path: Path, large_bundle: Bundle
) -> None:
    number, interrupted = 0, True
    while interrupted:
        number += 1
        emulator = Emulator(tmp_path / str(number))
        try:
            run(emulated(emulator, clock=FatalClock(emulator, number)), large_bundle)
            interrupted = False
        except Killed:
            emulator.state.on_call = None
        run(emulated(emulator), large_bundle)
        check_complete(emulator)
        emulator.close()
    assert number > 8, "the deploy makes that many calls at least"


def test_a_model_beside_its_zip_is_there_once_whenever_the_deploy_was_killed(
    tmp_path: Path, mounting_bundle: Bundle
) -> None:
    number, interrupted = 0, True
    while interrupted:
        number += 1
        emulator = Emulator(tmp_path / str(number))
        try:
            clock = FatalClock(emulator, number)
            run(emulated(emulator, clock=clock, service_account=SERVICE_ACCOUNT), mounting_bundle)
            interrupted = False
        except Killed:
            emulator.state.on_call = None
        run(emulated(emulator, service_account=SERVICE_ACCOUNT), mounting_bundle)
        check_complete(emulator, objects=1)
        emulator.close()
    assert number > 6, "the deploy makes that many calls at least"


def test_a_deploy_again_after_success_changes_nothing(emulator: Emulator, bundle: Bundle) -> None:
    run(emulated(emulator), bundle)
    emulator.state.calls.clear()
    again = run(emulated(emulator), bundle)
    assert not again.changed
    methods = Counter(call.rpartition("/")[2] for call in emulator.state.calls)
    assert set(methods) <= {"List", "ListVersions", "ListScalingPolicies", "ListAccessBindings"}
    check_complete(emulator)
