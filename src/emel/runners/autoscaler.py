"""A gitlab-runner that stands and makes machines by itself, through the plugin of a cloud.

The plugins of AWS, Google Cloud and Azure are GitLab's own; each needs a group of machines that only it
changes (https://docs.gitlab.com/runner/executors/docker_autoscaler/). That of Yandex Cloud is made by one
person, and makes machines without a group (https://github.com/AlexeySetevoi/yandex-fleeting-plugin).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from emel.records import MachineShape, YandexMachines
from emel.runners import command
from emel.runners.command import Plugin, Scale, Value

FILL_IN = "FILL-IN"
"""Stands for a value that nobody has said."""
TEMPLATE = "config.template.toml"
READY_SECONDS = 120.0
"""From the order of a machine to its first job: what the author of the plugin for Yandex Cloud measured."""


class Group(NamedTuple):
    """What the machines of an autoscaler are, as far as it is known."""

    name: str
    folder: str | None
    machines: YandexMachines
    shape: MachineShape | None


PLUGINS = {
    "aws": Plugin("aws", "ec2-user", command.INSTALL_PLUGIN),
    "gcp": Plugin("googlecloud", "runner", command.INSTALL_PLUGIN),
    "azure": Plugin("azure", "azureuser", command.INSTALL_PLUGIN),
    "yandex": Plugin(
        "fleeting-plugin-yandex",
        "ubuntu",
        "sudo dpkg -i fleeting-plugin-yandex_VERSION_amd64.deb    # from the project's releases, verified",
        # A machine runs before its Docker does.
        "cloud-init status --wait || test $? -eq 2",
    ),
}


def template(cloud: str, group: Group, *, image: str, gpus: int, scale: Scale) -> tuple[str, tuple[str, ...]]:
    """The configuration template of a cloud's autoscaler, and which of its keys are to be filled in."""
    plugin = PLUGINS[cloud]
    values = dict(_CONFIGS[cloud](group))
    text = command.autoscaler_template(
        plugin=plugin,
        plugin_config=values,
        image=image,
        gpus=gpus,
        scale=scale,
    )
    return text, tuple(key for key, value in values.items() if value in (FILL_IN, [FILL_IN]))


def steps(cloud: str, url: str, name: str, scale: Scale) -> tuple[str, ...]:
    """What is to be done on the machine that stands. The token is asked for, and stands in none of it."""
    registered = command.register(url, name, TEMPLATE), command.concurrency(scale.max_instances)
    # `fleeting install` reads the configuration; a package needs none.
    return *registered, PLUGINS[cloud].install, command.RESTART


def jobs_that_pay(manager_per_month: float, per_hour: float) -> int | None:
    """From how many jobs a month on booting a machine for each costs more than one that stands.

    None where a machine costs nothing.
    """
    boot = per_hour * READY_SECONDS / 3600
    return -int(-manager_per_month // boot) if boot else None


def _aws(group: Group) -> Mapping[str, Value]:
    return {"name": group.name}


def _gcp(group: Group) -> Mapping[str, Value]:
    return {"name": group.name, "project": FILL_IN, "zone": FILL_IN}


def _azure(group: Group) -> Mapping[str, Value]:
    return {"name": group.name, "subscription_id": FILL_IN, "resource_group_name": FILL_IN}


def _yandex(group: Group) -> Mapping[str, Value]:
    shape, machines = group.shape, group.machines
    zone = next((zone for zone in (shape.zones if shape else ()) if zone in machines.subnets), None)
    zone = zone or next(iter(machines.subnets), FILL_IN)
    values: dict[str, Value] = {
        "name": group.name,
        "folder_id": group.folder or FILL_IN,
        "zone": zone,
        "subnet_id": machines.subnets.get(zone, FILL_IN),
        "platform_id": shape.platform if shape else FILL_IN,
        "cores": shape.cpus if shape else 2,
        "memory_gb": shape.memory if shape else 8,
        "image_family": machines.image_family or FILL_IN,
        "disk_size_gb": shape.disk if shape else 30,
        "nat": True,
        "preemptible": bool(shape and shape.spot),
    }
    if shape and shape.gpus:
        values["gpus"] = shape.gpus
    if machines.security_groups:
        values["security_group_ids"] = list(machines.security_groups)
    return values


_CONFIGS: Mapping[str, Callable[[Group], Mapping[str, Value]]] = {
    "aws": _aws,
    "gcp": _gcp,
    "azure": _azure,
    "yandex": _yandex,
}
