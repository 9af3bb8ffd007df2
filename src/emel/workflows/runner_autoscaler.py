"""The settings of a standing gitlab-runner that makes machines by itself, and when that is the better way."""

from __future__ import annotations

from typing import NamedTuple

from emel import cost
from emel.cost.units import HOURS_A_MONTH
from emel.records import AutoscalerPlan, LaunchPlan
from emel.runners import autoscaler
from emel.runners.command import Scale
from emel.workflows.project import Project

DEFAULT_URL = "https://gitlab.com"


class Wanted(NamedTuple):
    """An autoscaler as the user describes it."""

    cloud: str
    group: str
    """The group of machines that the plugin changes; for Yandex Cloud the beginning of their names."""
    max_instances: int
    max_jobs: int


def plan_autoscaler(project: Project, wanted: Wanted, launch: LaunchPlan | None) -> AutoscalerPlan:
    """The settings, the steps, and what a machine for each job costs beside one that stands.

    `launch` is what a launch would make there; None where emel makes no machines. Nothing is created.
    """
    table, yandex = project.config.train.machine, project.config.yandex
    scale = Scale(wanted.max_instances, wanted.max_jobs, table.idle_seconds)
    group = autoscaler.Group(
        wanted.group, yandex.folder, yandex.machine.settings(), launch.shape if launch else None
    )
    text, missing = autoscaler.template(
        wanted.cloud,
        group,
        image=project.config.ci.image,
        gpus=table.gpus if table.gpu else 0,
        scale=scale,
    )
    url = project.system.env.get("CI_SERVER_URL") or DEFAULT_URL
    price = launch.price if launch else None
    manager = _manager(wanted.cloud)
    pays = autoscaler.jobs_that_pay(manager, price.per_hour) if manager is not None and price else None
    return AutoscalerPlan(
        cloud=wanted.cloud,
        config=text,
        missing=missing,
        steps=autoscaler.steps(wanted.cloud, url, wanted.group, scale),
        price=price,
        manager_per_month=manager,
        jobs_per_month=pays,
    )


def _manager(cloud: str) -> float | None:
    """What the cloud's smallest machine costs in a month: all that gitlab-runner itself needs."""
    if cloud not in cost.clouds():
        return None
    return sum(part.price for part in cost.load_tariff(cloud).vm.per_hour) * HOURS_A_MONTH
