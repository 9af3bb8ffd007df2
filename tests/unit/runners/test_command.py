"""What emel hands to the real gitlab-runner is what its documentation knows.

The lists are of gitlab-runner 19.4: the flags of `run-single` from its `--help`
(https://docs.gitlab.com/runner/commands/, «gitlab-runner run-single»; commands/single.go), the settings from
https://docs.gitlab.com/runner/configuration/advanced-configuration/ and
https://docs.gitlab.com/runner/executors/docker_autoscaler/.
"""

import tomllib

import pytest

from emel.runners import command

RUN_SINGLE = {"--config", "--runner", "--max-builds", "--wait-timeout"}
GLOBAL = {"concurrent", "check_interval"}
RUNNERS = {"name", "url", "token", "executor", "docker", "shell", "autoscaler", "tls-ca-file"}
DOCKER = {"image", "volumes", "shm_size", "gpus"}
AUTOSCALER = {
    "plugin", "capacity_per_instance", "max_use_count", "max_instances", "instance_ready_command",
    "plugin_config", "connector_config", "policy",
}  # fmt: skip


def test_the_runner_is_started_with_flags_that_it_has():
    words = command.run_single("/c/config.toml", "emel-1", max_jobs=2, idle=90)

    assert words[:2] == ("gitlab-runner", "run-single")
    assert {word for word in words if word.startswith("-")} <= RUN_SINGLE
    assert dict(zip(words[2::2], words[3::2], strict=True)) == {
        "--config": "/c/config.toml",
        "--runner": "emel-1",
        "--max-builds": "2",
        "--wait-timeout": "90",
    }


def test_a_runner_never_waits_for_ever():
    assert command.run_single("c", "n", max_jobs=1, idle=0.2)[-1] == "1"


@pytest.mark.parametrize("executor", ["docker", "shell"])
def test_its_configuration_has_the_documented_settings(executor):
    config = command.runner_config(
        name='emel "1"', url="https://gitlab.example.com/x", executor=executor, image="python:3.12", gpus=1
    )

    own = [f'{config.token_key} = "glrt-1"', f'{config.authority_key} = "/ca.pem"']
    text = "\n".join([*config.before, *own, *config.after])
    parsed = tomllib.loads(text)
    (runner,) = parsed["runners"]
    assert set(parsed) - {"runners"} <= GLOBAL
    assert set(runner) <= RUNNERS and set(runner.get("docker", {})) <= DOCKER
    assert (runner["name"], runner["token"], runner["executor"]) == ('emel "1"', "glrt-1", executor)
    assert ("docker" in runner) == (executor == "docker")
