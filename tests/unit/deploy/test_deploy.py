from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.bundles import bundle_record
from tests.fakes.functions import InMemoryAccess, InMemoryFunctions, InMemoryScaling

from emel.deploy import Plan, apply, plan, promote, rollback, start_canary
from emel.errors import DeployError
from emel.records import Bundle, Canary, FunctionSettings, ScalingPolicy

SETTINGS = FunctionSettings()


def bundle(version: str) -> Bundle:
    return bundle_record(Path("bundle.zip"), version=version, digest=f"sha256:{version}")


@pytest.fixture
def functions() -> InMemoryFunctions:
    return InMemoryFunctions()


def deploy(functions: InMemoryFunctions, version: str, tag: str = "prod") -> None:
    apply(plan(bundle(version), tag=tag, settings=SETTINGS, functions=functions), functions)


def test_the_first_deploy_creates_the_function_and_sets_the_tag(functions: InMemoryFunctions) -> None:
    steps = plan(bundle("v1.0.0"), tag="prod", settings=SETTINGS, functions=functions)
    assert steps.texts == (
        "create function demo (v1.0.0, pure tier, 21 KB, 128 MB)",
        "set tag prod to the new version",
    )
    assert list(functions.names()) == [], "a plan changes nothing"

    endpoint = apply(steps, functions)
    assert (endpoint.url, endpoint.changed) == ("https://functions.test/demo/prod", True)
    assert (endpoint.version.number, endpoint.version.tags) == (1, ("prod",))


def test_a_new_bundle_becomes_a_new_version(functions: InMemoryFunctions) -> None:
    deploy(functions, "v1.0.0")
    steps = plan(bundle("v1.1.0"), tag="prod", settings=SETTINGS, functions=functions)
    assert steps.texts == (
        "create a version (v1.1.0, pure tier, 21 KB, 128 MB)",
        "move tag prod from version 1 to the new version",
    )


def test_the_same_deploy_again_does_nothing(functions: InMemoryFunctions) -> None:
    deploy(functions, "v1.0.0")
    steps = plan(bundle("v1.0.0"), tag="prod", settings=SETTINGS, functions=functions)
    assert steps.texts == ("reuse version 1 (v1.0.0)", "nothing to do")
    assert not apply(steps, functions).changed
    assert functions.tag_history("demo", "prod") == (1,)


def test_a_known_bundle_under_another_tag_only_sets_the_tag(functions: InMemoryFunctions) -> None:
    deploy(functions, "v1.0.0", tag="mr-1")
    steps = plan(bundle("v1.0.0"), tag="prod", settings=SETTINGS, functions=functions)
    assert steps.texts == ("reuse version 1 (v1.0.0)", "set tag prod to version 1")
    assert apply(steps, functions).version.tags == ("mr-1", "prod")


def test_other_settings_are_another_version(functions: InMemoryFunctions) -> None:
    deploy(functions, "v1.0.0")
    larger = FunctionSettings(memory=256)
    apply(plan(bundle("v1.0.0"), tag="prod", settings=larger, functions=functions), functions)
    assert functions.tags("demo") == {"prod": 2}


def test_where_tags_scale_the_plan_has_the_policy_and_whoever_may_call(functions: InMemoryFunctions) -> None:
    scaling, access = InMemoryScaling(), InMemoryAccess()
    policy = ScalingPolicy(zone_instances=4, zone_requests=8, provisioned=1)

    def planned() -> Plan:
        return plan(
            bundle("v1.0.0"),
            tag="prod",
            settings=SETTINGS,
            functions=functions,
            scaling=scaling,
            policy=policy,
            access=access,
        )

    first = planned()
    assert first.texts[2:] == (
        "scale prod up to 4 instances in each zone, up to 8 requests in each zone, 1 kept warm",
        "let anyone call the function",
    )
    assert first.is_first
    apply(first, functions, scaling, access)
    assert (scaling.policy("demo", "prod"), access.is_public("demo")) == (policy, True)
    assert not planned().changes


@pytest.mark.parametrize("source", ["mr-1", "v2.0.0", "2"])
def test_a_promotion_takes_a_tag_a_model_version_or_a_number(
    functions: InMemoryFunctions, source: str
) -> None:
    deploy(functions, "v1.0.0")
    deploy(functions, "v2.0.0", tag="mr-1")
    move = promote(functions, function="demo", source=source)
    assert (move.before, move.after, move.model_version) == (1, 2, "v2.0.0")
    assert functions.tags("demo")["prod"] == 2


def test_a_promotion_of_something_unknown_lists_what_there_is(functions: InMemoryFunctions) -> None:
    deploy(functions, "v1.0.0")
    with pytest.raises(DeployError) as problem:
        promote(functions, function="demo", source="v9")
    assert problem.value.hint == "use one of: prod, v1.0.0"


def test_a_promotion_in_an_unknown_function_is_an_error(functions: InMemoryFunctions) -> None:
    with pytest.raises(DeployError, match="no function 'demo'"):
        promote(functions, function="demo", source="v1.0.0")


def test_a_rollback_goes_where_the_tag_was_before_and_twice_is_back(functions: InMemoryFunctions) -> None:
    deploy(functions, "v1.0.0")
    deploy(functions, "v2.0.0")
    first = rollback(functions, function="demo")
    second = rollback(functions, function="demo")
    assert (first.before, first.after) == (2, 1)
    assert (second.before, second.after) == (1, 2)


def test_a_rollback_without_a_past_is_an_error_with_a_way_out(functions: InMemoryFunctions) -> None:
    deploy(functions, "v1.0.0")
    with pytest.raises(DeployError, match="always pointed at version 1") as problem:
        rollback(functions, function="demo")
    assert problem.value.hint == "promote another version; there are: 1 (v1.0.0)"


def test_a_rollback_of_an_unknown_tag_lists_the_tags(functions: InMemoryFunctions) -> None:
    deploy(functions, "v1.0.0")
    with pytest.raises(DeployError) as problem:
        rollback(functions, function="demo", tag="staging")
    assert problem.value.hint == "use one of: prod"


def test_a_canary_gets_a_share_until_it_is_promoted(functions: InMemoryFunctions) -> None:
    deploy(functions, "v1.0.0")
    deploy(functions, "v2.0.0", tag="mr-1")
    started = start_canary(functions, functions, function="demo", source="mr-1", weight=10)
    assert (started.before, started.after, started.weight, started.model_version) == (1, 2, 10, "v2.0.0")
    assert functions.tags("demo")["prod"] == 1
    assert functions.canary("demo", "prod") == Canary(version=2, weight=10)

    finished = promote(functions, function="demo", source="mr-1")
    assert (finished.before, finished.after, finished.weight) == (1, 2, 100)
    assert functions.canary("demo", "prod") is None


def test_a_rollback_ends_a_canary_and_leaves_the_tag_where_it_is(functions: InMemoryFunctions) -> None:
    deploy(functions, "v1.0.0")
    deploy(functions, "v2.0.0", tag="mr-1")
    start_canary(functions, functions, function="demo", source="2", weight=10)
    ended = rollback(functions, functions, function="demo")
    assert (ended.before, ended.after, ended.model_version, ended.ended_canary) == (2, 1, "v1.0.0", True)
    assert functions.canary("demo", "prod") is None
    assert functions.tag_history("demo", "prod") == (1,)


def test_the_version_that_a_tag_points_at_cannot_be_its_canary(functions: InMemoryFunctions) -> None:
    deploy(functions, "v1.0.0")
    with pytest.raises(DeployError, match="points at version 1 already"):
        start_canary(functions, functions, function="demo", source="v1.0.0", weight=10)


def test_a_cloud_that_cannot_share_requests_says_what_can_be_done(functions: InMemoryFunctions) -> None:
    deploy(functions, "v1.0.0")
    with pytest.raises(DeployError, match="cannot share") as problem:
        start_canary(functions, None, function="demo", source="v1.0.0", weight=10)
    assert problem.value.hint is not None and "shadow" in problem.value.hint
