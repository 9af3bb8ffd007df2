"""Every command line and setting that the real gitlab-runner gets from emel: nothing else names them.

What is documented is at https://docs.gitlab.com/runner/commands/ and
https://docs.gitlab.com/runner/configuration/advanced-configuration/; `tests/unit/runners/test_command.py`
holds the list of it. `run-single` reads a configuration file since 17.1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import NamedTuple

VERSION = "19.0.3"
"""The version that machines install (https://gitlab.com/gitlab-org/gitlab-runner/-/tags).

The last that reports a job which a lost machine ended as `runner_system_failure`, for which every GitLab
retries. From 19.1 on it is `runner_interrupted`, which a GitLab before 19 refuses to see in `retry`
(gitlab-runner, common/build.go and common/network.go).
"""
DOWNLOADS = "https://s3.dualstack.us-east-1.amazonaws.com/gitlab-runner-downloads"
"""Where its releases stand, each under `vVERSION/` with its binaries, `release.sha256` and that list's
signature (https://docs.gitlab.com/runner/install/bleeding-edge/)."""
KEY = "https://packages.gitlab.com/runner/gitlab-runner/gpgkey/runner-gitlab-runner-49F16C5CC3A0F81F.pub.gpg"
KEY_FINGERPRINT = "931DA69CFA3AFEBBC97DAA8C6C57C29C6BA75A4E"
"""The key that signs the lists (https://docs.gitlab.com/runner/install/linux-repository/, «Current GPG public
key»). It is fetched, since the date of its expiry is put off; its fingerprint is what is trusted."""

SHARED_MEMORY = 1 << 30
"""Bytes of /dev/shm in a job's container. Docker's own 64 MB end the data loaders of PyTorch."""


Value = str | int | float | bool | Sequence[str]


class Plugin(NamedTuple):
    """A plugin that makes machines."""

    name: str
    username: str
    """The user that its machines have."""
    install: str
    """The command that installs it."""
    ready: str = ""
    """A command that ends when a machine is ready for jobs; without it a machine is, when it answers."""


class Scale(NamedTuple):
    """How many machines an autoscaler makes, and for how long it keeps one."""

    max_instances: int
    max_jobs: int
    """Jobs that one machine takes before it is removed."""
    idle: float
    """Seconds."""


AUTOSCALER = "docker-autoscaler"


class RunnerConfig(NamedTuple):
    """A `config.toml` around the line of its token, which emel never has together with the rest."""

    before: Sequence[str]
    token_key: str
    authority_key: str
    """Names a file of certificates, where GitLab's own is signed by an authority that is not known."""
    after: Sequence[str]


def run_single(config: str, name: str, *, max_jobs: int, idle: float) -> tuple[str, ...]:
    """The command that takes up to `max_jobs` jobs, and ends after `idle` seconds without one."""
    return (
        "gitlab-runner",
        "run-single",
        "--config",
        config,
        "--runner",
        name,
        "--max-builds",
        str(max_jobs),
        # A timeout of 0 would wait for ever.
        "--wait-timeout",
        str(max(1, round(idle))),
    )


def runner_config(
    *, name: str, url: str, executor: str, image: str, gpus: int, mounts: Sequence[str] = ()
) -> RunnerConfig:
    """The configuration of one runner, which takes one job at a time.

    `mounts` are further volumes of a job's container, as Docker writes them.
    """
    before = ["concurrent = 1", "", "[[runners]]"]
    after = [f"name = {_quoted(name)}", f"url = {_quoted(url)}", f"executor = {_quoted(executor)}"]
    if executor == "docker":
        after += ["", "[runners.docker]", f"image = {_quoted(image)}"]
        after += [f"volumes = {_quoted(['/cache', *mounts])}", f"shm_size = {SHARED_MEMORY}"]
        if gpus:
            after.append('gpus = "all"')
    return RunnerConfig(tuple(before), "token", "tls-ca-file", tuple(after))


def autoscaler_template(
    *, plugin: Plugin, plugin_config: Mapping[str, Value], image: str, gpus: int, scale: Scale
) -> str:
    """A configuration template with the executor `docker-autoscaler`, for `register`.

    The keys are documented at https://docs.gitlab.com/runner/executors/docker_autoscaler/, those of
    `plugin_config` by each plugin.
    """
    lines = ["[[runners]]", f"executor = {_quoted(AUTOSCALER)}", "", "[runners.docker]"]
    lines += [f"image = {_quoted(image)}", f"shm_size = {SHARED_MEMORY}"]
    lines += ['gpus = "all"'] if gpus else []
    lines += ["", "[runners.autoscaler]", f"plugin = {_quoted(plugin.name)}", "capacity_per_instance = 1"]
    lines += [f"max_use_count = {scale.max_jobs}", f"max_instances = {scale.max_instances}"]
    lines += [f"instance_ready_command = {_quoted(plugin.ready)}"] if plugin.ready else []
    lines += ["", "[runners.autoscaler.plugin_config]"]
    lines += [f"{key} = {_quoted(value)}" for key, value in plugin_config.items()]
    lines += ["", "[runners.autoscaler.connector_config]", f"username = {_quoted(plugin.username)}"]
    lines += ["", "[[runners.autoscaler.policy]]", "idle_count = 0", f'idle_time = "{round(scale.idle)}s"']
    return "\n".join(lines) + "\n"


def register(url: str, name: str, template: str) -> str:
    """The command that puts a template and a token into the configuration.

    It asks for the token, and whether the rest is right.
    """
    options = f"--url {quote(url)} --name {quote(name)} --executor {AUTOSCALER}"
    return f"sudo gitlab-runner register {options} --template-config {quote(template)}"


def concurrency(jobs: int) -> str:
    """The command that lets it take so many jobs at a time, which a template cannot say."""
    return f"sudo sed -i 's/^concurrent = .*/concurrent = {jobs}/' /etc/gitlab-runner/config.toml"


INSTALL_PLUGIN = "sudo gitlab-runner fleeting install"
"""Fetches the official plugins that the configuration names
(https://docs.gitlab.com/runner/fleet_scaling/fleeting/)."""
RESTART = "sudo gitlab-runner restart"


def _quoted(value: Value) -> str:
    """A string, number, truth or array: TOML takes what JSON writes (https://toml.io/en/v1.0.0)."""
    return json.dumps(value)
