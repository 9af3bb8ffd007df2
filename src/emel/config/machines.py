"""The tables of emel.toml that say on which machine the project trains, and where machines stand."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from emel.records import AwsMachines, KubernetesMachines, MachineWanted, YandexMachines

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
Span = Annotated[str, Meta(pattern=r"^[0-9]{1,6}[smhd]$")]
MACHINE_TYPE = r"^([0-9]+cpu[0-9]+gb|[a-z0-9-]+\.[a-z0-9-]+)$"
MachineType = Annotated[str, Meta(pattern=MACHINE_TYPE)]


class MachineTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The machine that trains the project and is gone afterwards, as `emel runner launch` makes it."""

    cloud: Literal["local", "yandex", "aws", "kubernetes"] | None = None
    """Where the machine is made. Without it no machine is, and a runner of GitLab trains."""
    type: MachineType = "2cpu8gb"
    """Processors and memory, as `4cpu16gb`; or the cloud's own name of a type, as `m7i.xlarge`."""
    gpu: str | None = None
    """A model of graphics card, as `t4`."""
    gpus: Annotated[int, Meta(ge=1, le=16)] = 1
    """How many of them."""
    spot: bool = False
    """Whether the cloud may take the machine away at any time, for a fraction of the price."""
    disk: Annotated[int, Meta(ge=10, le=4096)] = 30
    """The size of its disk in GB."""
    zones: tuple[str, ...] = ()
    """The zones to try, in this order; without them the cloud's own order."""
    max_lifetime: Span = "6h"
    """After how long it ends itself, whatever runs on it: `90m`, `6h`, `1d`."""
    idle: Span = "5m"
    """After how long without a job it ends itself."""
    max_cost: Annotated[float, Meta(gt=0)] | None = None
    """What it may cost at most, in the currency of the cloud's prices: price per hour times `max_lifetime`. A
    machine that could cost more is not made."""
    price_per_hour: Annotated[float, Meta(ge=0)] | None = None
    """Its price, where you know it and emel does not."""
    executor: Literal["docker", "shell"] | None = None
    """How jobs run on it: `docker` in the job's image, `shell` on the machine itself. Without it, `docker` on
    a virtual machine and `shell` elsewhere."""
    max_jobs: Annotated[int, Meta(ge=1, le=1000)] = 1
    """After how many jobs it ends itself."""

    def wanted(self) -> MachineWanted:
        """The machine as a record."""
        cpus, _, rest = self.type.partition("cpu")
        own = "." not in self.type
        return MachineWanted(
            cpus=int(cpus) if own else 0,
            memory=int(rest.removesuffix("gb")) if own else 0,
            native=None if own else self.type,
            gpu=self.gpu.lower() if self.gpu else None,
            gpus=self.gpus if self.gpu else 0,
            spot=self.spot,
            disk=self.disk,
            zones=self.zones,
        )

    @property
    def lifetime_seconds(self) -> float:
        """`max_lifetime` in seconds."""
        return _seconds(self.max_lifetime)

    @property
    def idle_seconds(self) -> float:
        """`idle` in seconds."""
        return _seconds(self.idle)


class TrainTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the project trains."""

    machine: MachineTable = MachineTable()
    """See [train.machine]."""


class YandexMachineTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where machines stand in Yandex Cloud."""

    subnets: dict[str, str] = {}
    """The identifier of a subnet for each zone, as `{ "ru-central1-a" = "e9b…" }`. Without it, the folder's
    only subnet of the zone."""
    security_groups: tuple[str, ...] = ()
    """Identifiers of security groups."""
    service_account: str | None = None
    """The identifier of the service account with which the machine deletes itself at its end. Without it the
    machine powers itself off, and its disk is billed until `emel runner stop` or `prune`."""
    image_family: str | None = None
    """The family of images that it boots, public or the folder's own; without it Ubuntu, or one with the
    card's driver."""

    def settings(self) -> YandexMachines:
        """The same as a record."""
        return YandexMachines(
            subnets=self.subnets,
            security_groups=self.security_groups,
            service_account=self.service_account,
            image_family=self.image_family,
        )


class AwsMachineTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where machines stand in AWS."""

    region: str | None = None
    """The region. Without it, AWS_REGION or that of the profile."""
    subnets: tuple[str, ...] = ()
    """Identifiers of subnets; without them, those of the default network."""
    security_groups: tuple[str, ...] = ()
    """Identifiers of security groups."""
    instance_profile: str | None = None
    """The name of the instance profile that the machine acts as. None is needed."""
    image: str | None = None
    """The identifier of the image that it boots; without it the newest Ubuntu, or with a card's driver."""

    def settings(self) -> AwsMachines:
        """The same as a record."""
        return AwsMachines(
            region=self.region,
            subnets=self.subnets,
            security_groups=self.security_groups,
            instance_profile=self.instance_profile,
            image=self.image,
        )


class AwsTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The project's place in AWS. Sign-in is by the environment alone."""

    machine: AwsMachineTable = AwsMachineTable()
    """See [aws.machine]."""


class KubernetesMachineTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where jobs run in a Kubernetes cluster."""

    context: str | None = None
    """The context of the kubeconfig. Without it, the current one."""
    namespace: str | None = None
    """The namespace. Without it, that of the context."""
    service_account: str | None = None
    """The service account of the pod. Without it, none is mounted."""
    node_selector: dict[str, str] = {}
    """Labels that a node must have, as those of a pool with graphics cards."""
    image: str | None = None
    """The image in which jobs run, with git, bash and curl; without it `python:3.12`. gitlab-runner is
    brought."""

    def settings(self) -> KubernetesMachines:
        """The same as a record."""
        return KubernetesMachines(
            context=self.context,
            namespace=self.namespace,
            service_account=self.service_account,
            node_selector=self.node_selector,
            image=self.image,
        )


class KubernetesTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The project's place in a Kubernetes cluster. Sign-in is by the kubeconfig alone."""

    machine: KubernetesMachineTable = KubernetesMachineTable()
    """See [kubernetes.machine]."""


def _seconds(span: str) -> float:
    """`90m` → 5400."""
    return float(int(span[:-1]) * _SECONDS[span[-1]])
