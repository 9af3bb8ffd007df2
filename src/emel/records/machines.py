"""Machines that train: what is wanted, what would be made, and what there is.

Memory is GB of 2**30 bytes, disks too; times are seconds.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from emel.records.money import MachinePrice

MachineState = Literal["starting", "running", "stopping", "stopped"]


class MachineWanted(Struct, frozen=True, kw_only=True):
    """A machine as the user describes it, the same for every cloud."""

    cpus: int = 2
    memory: int = 8
    native: str | None = None
    """The cloud's own name of a type, as `m7i.xlarge`, in the place of `cpus` and `memory`."""
    gpu: str | None = None
    """A model of graphics card in small letters, as `t4`; None without one."""
    gpus: int = 0
    spot: bool = False
    """Whether the cloud may take the machine away at any time, for a lower price."""
    disk: int = 30
    zones: tuple[str, ...] = ()
    """Where to try, in this order; empty leaves it to the cloud's provider."""


class MachineShape(Struct, frozen=True, kw_only=True):
    """What would be made, in the cloud's own terms: a price can be found for it."""

    cloud: str
    platform: str
    """The cloud's name of a kind of machine: `standard-v3`, `m7i.xlarge`, `job`."""
    cpus: int
    memory: int
    gpu: str | None = None
    gpus: int = 0
    spot: bool = False
    disk: int = 0
    disk_type: str = ""
    public_address: bool = False
    zones: tuple[str, ...] = ()
    """Where it is tried, in this order."""
    longest_life: float | None = None
    """Seconds after which the cloud itself ends it; None where it does not."""
    price: MachinePrice | None = None
    """What the cloud itself says that it costs; None where it was not asked, or does not say."""


class MachineBoot(Struct, frozen=True, kw_only=True):
    """What a machine does from its start to its end. It holds no secret."""

    script: str
    """A POSIX shell script. It reads the runner's token from its standard input, runs the runner, and ends
    when the runner has: for clouds that start a program or a container."""
    user_data: str
    """The same for a machine that is booted: a cloud-config document, which gets the token by the provider's
    `token_command` and powers the machine down at the end."""
    max_lifetime: float
    """Seconds after which the machine ends itself, whatever runs on it."""


class Machine(Struct, frozen=True, kw_only=True):
    """A machine that emel made."""

    name: str
    id: str
    """The cloud's own identifier."""
    cloud: str
    state: MachineState
    zone: str = ""
    created_at: str
    """ISO 8601."""
    spot: bool = False
    labels: dict[str, str] = {}


class YandexMachines(Struct, frozen=True, kw_only=True):
    """Where machines stand in Yandex Cloud. The names are those of `[yandex.machine]` in emel.toml."""

    subnets: dict[str, str] = {}
    security_groups: tuple[str, ...] = ()
    service_account: str | None = None
    image_family: str | None = None


class AwsMachines(Struct, frozen=True, kw_only=True):
    """Where machines stand in AWS. The names are those of `[aws.machine]` in emel.toml."""

    region: str | None = None
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    instance_profile: str | None = None
    image: str | None = None


class KubernetesMachines(Struct, frozen=True, kw_only=True):
    """Where jobs run in a Kubernetes cluster. The names are those of `[kubernetes.machine]` in emel.toml."""

    context: str | None = None
    namespace: str | None = None
    service_account: str | None = None
    node_selector: dict[str, str] = {}
    image: str | None = None


class AutoscalerPlan(Struct, frozen=True, kw_only=True):
    """A standing gitlab-runner that makes machines by itself: its settings, and from when on it pays."""

    cloud: str
    config: str
    """A configuration template of gitlab-runner, in TOML. It holds no secret."""
    missing: tuple[str, ...]
    """Its keys whose values nobody has said; they stand there as `FILL-IN`."""
    steps: tuple[str, ...]
    """What is to be done with it, on the machine that stands."""
    price: MachinePrice | None
    """Of a machine that takes jobs; None where it is not known."""
    manager_per_month: float | None
    """Of the machine that stands, in the same currency; None where it is not known."""
    jobs_per_month: int | None
    """From so many on, the boots of machines that are launched cost more than the machine that stands."""
