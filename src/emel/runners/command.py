"""Every command line and setting that the real gitlab-runner gets from emel: nothing else names them.

What is documented is at https://docs.gitlab.com/runner/commands/ and
https://docs.gitlab.com/runner/configuration/advanced-configuration/; `tests/unit/runners/test_command.py`
holds the list of it. `run-single` reads a configuration file since 17.1.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

OLDEST = "17.1"
"""The oldest gitlab-runner that knows all of it."""
VERSION = "19.3.0"
"""The version that machines install (https://gitlab.com/gitlab-org/gitlab-runner/-/tags)."""
DOWNLOADS = "https://s3.dualstack.us-east-1.amazonaws.com/gitlab-runner-downloads"
"""Where its releases stand, each under `vVERSION/` with its binaries, `release.sha256` and that list's
signature (https://docs.gitlab.com/runner/install/bleeding-edge/)."""
KEY = "https://packages.gitlab.com/runner/gitlab-runner/gpgkey/runner-gitlab-runner-49F16C5CC3A0F81F.pub.gpg"
KEY_FINGERPRINT = "931DA69CFA3AFEBBC97DAA8C6C57C29C6BA75A4E"
"""The key that signs the lists (https://docs.gitlab.com/runner/install/linux-repository/, «Current GPG public
key»). It is fetched, since the date of its expiry is put off; its fingerprint is what is trusted."""

SHARED_MEMORY = 1 << 30
"""Bytes of /dev/shm in a job's container. Docker's own 64 MB end the data loaders of PyTorch."""


class RunnerConfig(NamedTuple):
    """A `config.toml` around the line of its token, which emel never has together with the rest."""

    before: Sequence[str]
    token_key: str
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
    return RunnerConfig(tuple(before), "token", tuple(after))


def _quoted(value: str | list[str]) -> str:
    """A basic string, or an array of them: TOML takes what JSON writes (https://toml.io/en/v1.0.0#string)."""
    return json.dumps(value)
