"""The settings of an autoscaler are what gitlab-runner and its plugins document, and hold no secret."""

import tomllib

import pytest
from tests.unit.runners.test_command import AUTOSCALER, DOCKER

from emel.records import MachineShape, YandexMachines
from emel.runners import autoscaler
from emel.runners.command import Scale

# From the examples of https://docs.gitlab.com/runner/executors/docker_autoscaler/ and the README of
# https://github.com/AlexeySetevoi/yandex-fleeting-plugin, which refuses a key that it does not know.
PLUGIN_CONFIG = {
    "aws": {"name", "profile", "config_file", "credentials_file"},
    "gcp": {"name", "project", "zone", "credentials_file"},
    "azure": {"name", "subscription_id", "resource_group_name"},
    "yandex": {
        "name", "folder_id", "zone", "subnet_id", "platform_id", "cores", "memory_gb", "gpus", "image_family",
        "disk_size_gb", "nat", "preemptible", "security_group_ids",
    },
}  # fmt: skip
CONNECTOR = {"username"}
POLICY = {"idle_count", "idle_time"}

SHAPE = MachineShape(
    cloud="yandex",
    platform="standard-v3-t4",
    cpus=4,
    memory=16,
    gpu="t4",
    gpus=1,
    spot=True,
    disk=50,
    zones=("ru-central1-a", "ru-central1-b"),
)
MACHINES = YandexMachines(subnets={"ru-central1-b": "e2l1"}, security_groups=("enp1",), image_family="ubuntu")
SCALE = Scale(max_instances=8, max_jobs=10, idle=300)


def parsed(cloud: str, shape=SHAPE, machines=MACHINES, folder="b1g1"):
    group = autoscaler.Group("emel", folder, machines, shape)
    text, missing = autoscaler.template(cloud, group, image="python:3.12", gpus=1, scale=SCALE)
    (runner,) = tomllib.loads(text)["runners"]
    return runner, missing


@pytest.mark.parametrize("cloud", PLUGIN_CONFIG)
def test_it_has_only_documented_settings(cloud):
    runner, _ = parsed(cloud)

    scaler = runner["autoscaler"]
    assert runner["executor"] == "docker-autoscaler"
    assert set(runner["docker"]) <= DOCKER and set(scaler) <= AUTOSCALER
    assert set(scaler["plugin_config"]) <= PLUGIN_CONFIG[cloud]
    assert set(scaler["connector_config"]) <= CONNECTOR
    assert all(set(policy) <= POLICY for policy in scaler["policy"])
    assert (scaler["max_instances"], scaler["max_use_count"], scaler["capacity_per_instance"]) == (8, 10, 1)
    assert scaler["policy"] == [{"idle_count": 0, "idle_time": "300s"}]


@pytest.mark.parametrize("cloud", PLUGIN_CONFIG)
def test_it_holds_no_token_and_register_asks_for_it(cloud):
    runner, _ = parsed(cloud)
    steps = autoscaler.steps(cloud, "https://gitlab.example.com", "emel", SCALE)

    assert "token" not in runner and "url" not in runner
    register = next(step for step in steps if " register " in step)
    # https://docs.gitlab.com/runner/register/, «Register with a configuration template»; no `--token`.
    flags = {word for word in register.split() if word.startswith("--")}
    assert flags == {"--url", "--name", "--executor", "--template-config"}
    assert register.endswith("--template-config config.template.toml")
    assert "sudo sed -i 's/^concurrent = .*/concurrent = 8/' /etc/gitlab-runner/config.toml" in steps


def test_yandex_clouds_machine_is_that_of_emel_toml():
    runner, missing = parsed("yandex")

    config = runner["autoscaler"]["plugin_config"]
    assert (config["zone"], config["subnet_id"]) == ("ru-central1-b", "e2l1")
    assert (config["platform_id"], config["cores"], config["memory_gb"], config["gpus"]) == (
        "standard-v3-t4",
        4,
        16,
        1,
    )
    assert config["preemptible"] is True and config["security_group_ids"] == ["enp1"]
    assert missing == ()


def test_what_nobody_has_said_is_to_be_filled_in():
    assert parsed("gcp")[1] == ("project", "zone")
    _, missing = parsed("yandex", shape=None, machines=YandexMachines(), folder=None)
    assert missing == ("folder_id", "zone", "subnet_id", "platform_id", "image_family")


def test_it_pays_when_boots_cost_more_than_the_machine_that_stands():
    # Two minutes of 30 an hour cost 1.
    assert autoscaler.jobs_that_pay(1000.0, 30.0) == 1000
    assert autoscaler.jobs_that_pay(1000.5, 30.0) == 1001
    assert autoscaler.jobs_that_pay(1000.0, 0.0) is None
