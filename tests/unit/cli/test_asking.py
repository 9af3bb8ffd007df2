"""Before something that costs is made on a cloud, somebody says yes."""

from __future__ import annotations

import pytest
from rich.console import Console
from tests.fakes.results import bundle

from emel.cli.asking import agreement
from emel.cli.output import TerminalProgress
from emel.deploy import Plan
from emel.errors import DeployError
from emel.records import FunctionSettings


def plan(*, is_first: bool = True) -> Plan:
    return Plan(
        bundle=bundle(),
        function="churn",
        tag="mr-1",
        settings=FunctionSettings(),
        steps=(),
        is_first=is_first,
    )


def agreed(to: str, steps: Plan, *, yes: bool = False) -> bool:
    return agreement(to, yes=yes, telling=TerminalProgress(Console(stderr=True), None))(steps)


def test_a_first_function_on_a_cloud_needs_a_yes() -> None:
    with pytest.raises(DeployError) as caught:
        agreed("yandex", plan())

    assert caught.value.hint == "say --yes"
    assert agreed("yandex", plan(), yes=True)


def test_nobody_is_asked_on_this_machine_nor_for_another_version() -> None:
    assert agreed("local", plan())
    assert agreed("yandex", plan(is_first=False))
