"""When a standing autoscaler is the better way, in money."""

from __future__ import annotations

import pytest
from tests.fakes.repositories import MissingProgram

from emel.cli.render.autoscaler import advice
from emel.config import load
from emel.records import LaunchPlan, MachinePrice, MachineShape
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.runner_autoscaler import Wanted, plan_autoscaler

TOML = """\
[model]
name = "churn"
path = "m"
sample = "s"
[yandex]
folder = "b1g1"
[train.machine]
cloud = "yandex"
idle = "7m"
gpu = "t4"
"""
SHAPE = MachineShape(cloud="yandex", platform="standard-v3-t4", cpus=4, memory=16, gpu="t4", gpus=1, disk=50)
LAUNCH = LaunchPlan(
    shape=SHAPE,
    executor="docker",
    max_lifetime=3600,
    idle=420,
    max_jobs=1,
    price=MachinePrice(per_hour=60.0, currency="RUB", source="prices of yandex, 2026-05-01"),
    worst_case=60.0,
    max_cost=None,
)


@pytest.fixture
def project(tmp_path):
    (tmp_path / "emel.toml").write_text(TOML)
    doors = System(
        MissingProgram(), SystemHttp(), SystemClock(), {"CI_SERVER_URL": "https://gitlab.example.com"}
    )
    return Project(tmp_path, load(tmp_path / "emel.toml"), doors)


def test_the_machine_that_stands_is_weighed_against_the_boots_of_others(project):
    made = plan_autoscaler(project, Wanted("yandex", "emel", 4, 10), LAUNCH)

    # The small machine of the tariff, 720 hours; a boot is two minutes of 60 an hour.
    assert made.manager_per_month == pytest.approx(2.01152 * 720)
    assert made.jobs_per_month == 725
    assert "from 725 jobs a month on, about\n24 a day" in advice(made)


def test_the_settings_are_those_of_the_project(project):
    made = plan_autoscaler(project, Wanted("yandex", "emel", 4, 10), LAUNCH)

    assert 'folder_id = "b1g1"' in made.config and 'platform_id = "standard-v3-t4"' in made.config
    assert 'idle_time = "420s"' in made.config and 'gpus = "all"' in made.config
    assert any("--url https://gitlab.example.com" in step for step in made.steps)


def test_without_a_price_nothing_is_claimed(project):
    made = plan_autoscaler(project, Wanted("azure", "scale-set", 4, 10), None)

    assert (made.price, made.jobs_per_month) == (None, None)
    assert "Prices are not known here" in advice(made)
    assert "Fill in first: subscription_id, resource_group_name" in advice(made)
