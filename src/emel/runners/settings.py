"""What is wanted of a runner of GitLab on a machine of its own."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from emel.runners import command


class BootSettings(Struct, frozen=True, kw_only=True):
    """A runner of GitLab, and how long its machine may live. Times are seconds."""

    url: str
    """The address of the GitLab instance, as its jobs have it in CI_SERVER_URL."""
    name: str
    executor: Literal["docker", "shell"]
    image: str = "python:3.12-bookworm"
    """The image of jobs that name none, with the executor `docker`."""
    gpus: int = 0
    max_lifetime: float
    idle: float
    """Without a job for so long, the runner ends."""
    max_jobs: int = 1
    """After so many jobs, too."""
    runner_version: str = command.VERSION
    """The version of gitlab-runner that is installed on a machine that is booted."""
    certificates: str = ""
    """The certificates (PEM) of the authority that signed GitLab's own, where machines do not know it."""
    notice: Literal["aws"] | None = None
    """Whose notice that the machine will be taken away is watched for. Without it the machine hears of it by
    a shutdown or a signal, as in Yandex Cloud and Kubernetes."""
    downloads: str = command.DOWNLOADS
    """Where the releases of gitlab-runner stand, or a copy of them that machines can reach."""
    key: str = command.KEY
    """The address of the key that signs them."""
    key_fingerprint: str = command.KEY_FINGERPRINT
