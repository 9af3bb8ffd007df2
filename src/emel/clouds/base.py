"""What emel asks of a cloud. Every cloud has the same files, and passes the same suite in tests/contracts.

Desired state lives in the cloud itself: versions, tags, and the digest of each version's bundle. There is
no state file to lose. Errors of all calls: DeployError for what the cloud refuses, PlatformError where
the local platform cannot carry a call out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from emel.records import (
    AwsMachines,
    Bundle,
    Canary,
    Finding,
    FunctionSettings,
    FunctionStatus,
    FunctionVersion,
    Gateway,
    GatewayRoutes,
    KubernetesMachines,
    LogFilter,
    LogRecord,
    Machine,
    MachineBoot,
    MachineShape,
    MachineWanted,
    ScalingPolicy,
    StoredObjects,
    YandexMachines,
    YandexSettings,
)
from emel.system.clock import Clock, SystemClock
from emel.system.http import Http, SystemHttp
from emel.system.process import Process, SystemProcess


class Functions(Protocol):
    """Functions, their immutable versions, and the tags that point at them."""

    def names(self) -> Sequence[str]:
        """The names of all functions, sorted."""
        ...

    def versions(self, function: str) -> Sequence[FunctionVersion]:
        """All versions of a function, oldest first. Empty when the function is absent."""
        ...

    def find_version(self, function: str, digest: str, settings: FunctionSettings) -> FunctionVersion | None:
        """The version with exactly this bundle and these settings. None when there is none."""
        ...

    def create_version(self, function: str, bundle: Bundle, settings: FunctionSettings) -> FunctionVersion:
        """Upload a bundle as a new version without a tag; the function is made when it is absent.

        Repeated with the same bundle and settings it returns the version that exists. Blocks until the
        version can be called. Errors: also BundleError when the zip is not the one that was proved.
        """
        ...

    def tags(self, function: str) -> Mapping[str, int]:
        """Each tag and the number of its version. Empty when the function is absent."""
        ...

    def set_tag(self, function: str, tag: str, number: int) -> None:
        """Point a tag at a version; new requests go there from now on, and none fails over it.

        Repeated it does nothing, and leaves no trace in the history. Errors when the version is absent.
        """
        ...

    def remove_tag(self, function: str, tag: str) -> None:
        """Take a tag away, with its history; its version stays. Does nothing when it is absent.

        New requests to its address are answered with 404 from now on.
        """
        ...

    def tag_history(self, function: str, tag: str) -> Sequence[int]:
        """The versions that a tag pointed at, oldest first; the last is where it points now.

        Empty when the tag is absent.
        """
        ...

    def url(self, function: str, tag: str) -> str:
        """The address of a tag, without a slash at its end. The tag may be absent as yet.

        Errors when the function is absent, on a cloud that chooses the addresses.
        """
        ...

    def status(self, function: str) -> FunctionStatus:
        """How the function was used. All numbers are 0 when it is absent or was never called."""
        ...

    def clean_up(self, bundle: Bundle) -> None:
        """Remove what a deploy of this bundle, or a broken one long ago, left on the way to a version.

        What the version reads when it starts stays, and is put back should somebody have removed it.
        """
        ...

    def stored(self, function: str) -> Sequence[StoredObjects]:
        """What lies in object storage for a function, and goes with it; bundles on their way, models.

        Empty where there is nothing. Errors also where that cannot be seen.
        """
        ...

    def delete(self, function: str) -> None:
        """Remove a function with all its versions and tags, and what is stored for it.

        Repeated it removes what an interrupted call has left; does nothing when there is nothing.
        """
        ...


class Logs(Protocol):
    """What functions wrote, and what the cloud has to say of them."""

    def read(self, function: str, wanted: LogFilter) -> Iterator[LogRecord]:
        """The records that are wanted, oldest first. With `follow` they never end: the caller stops taking.

        Empty when the function is absent. A record may take a moment to appear; none is given twice.
        """
        ...


class Canaries(Protocol):
    """Sharing the requests to a tag between two versions. Moving the tag ends its canary."""

    def canary(self, function: str, tag: str) -> Canary | None:
        """The version that gets a share of the tag's requests. None when there is none."""
        ...

    def set_canary(self, function: str, tag: str, canary: Canary | None) -> None:
        """Send a share of the tag's requests to a version, in the place of an earlier canary; None ends it.

        Repeated it does nothing. Errors when the tag or the version is absent; where an API gateway does the
        sharing, also when there is none, or its requests go to another tag.
        """
        ...


class Scaling(Protocol):
    """How many instances answer behind a tag."""

    def policy(self, function: str, tag: str) -> ScalingPolicy | None:
        """The policy of a tag. None when it has none, or there is no such function."""
        ...

    def set_policy(self, function: str, tag: str, policy: ScalingPolicy) -> None:
        """Let a tag scale so from now on; repeated it does nothing.

        Errors when the function or the tag is absent, and when a quota of the cloud is smaller.
        """
        ...


class Access(Protocol):
    """Who may call a function."""

    def is_public(self, function: str) -> bool:
        """Whether anyone may call it. False when it is absent."""
        ...

    def make_public(self, function: str) -> None:
        """Let anyone call it; repeated it does nothing. What others may do stays as it is."""
        ...

    def headers(self) -> Mapping[str, str]:
        """What a call of whoever is signed in carries. A secret: for the cloud's own addresses alone."""
        ...


class Gateways(Protocol):
    """API gateways before functions: paths, custom domains, keys, a canary. One for each function."""

    def find(self, function: str) -> Gateway | None:
        """The function's gateway. None when it has none."""
        ...

    def is_current(self, function: str, routes: GatewayRoutes) -> bool:
        """Whether the function's gateway is there and answers so already."""
        ...

    def put(self, function: str, routes: GatewayRoutes) -> Gateway:
        """Make or update the function's gateway; repeated it does nothing. Domains of its own stay.

        With a weight below 100 the tag becomes the gateway's canary, in the place of an earlier one; without
        it a canary ends. Errors when the function is absent, and for a canary also when the gateway is.
        """
        ...

    def delete(self, function: str) -> None:
        """Remove the function's gateway. Does nothing when it is absent."""
        ...


class Compute(Protocol):
    """Machines that train a project and are gone afterwards. A name stands for one machine at most.

    Only machines with emel's label `emel = runner` are seen or touched. Errors of all calls: DeployError.
    """

    token_command: str
    """A shell command that prints, for the superuser of a machine, the secret that it was made with. Empty
    where `MachineBoot.script` is run, which gets it by its standard input."""

    delete_command: str
    """A shell command by which the superuser of a machine deletes it. Empty where it has no right to, and
    where one that powers itself off is billed no longer."""

    def shape(self, wanted: MachineWanted) -> MachineShape:
        """What would be made. Nothing is created; what can be asked without a price is asked.

        Errors: also DeployError for what the cloud lacks, with the nearest that it has.
        """
        ...

    def create(
        self, name: str, shape: MachineShape, boot: MachineBoot, secret: str, labels: Mapping[str, str]
    ) -> Machine:
        """Make and boot a machine; when there is one of this name, that one is returned, and nothing made.

        `secret` reaches the machine by a way that neither command lines nor logs show. Zones are tried in
        their order where one has no room. Returns when the cloud says that it runs. When it fails or is
        interrupted there may be a machine: `delete` by its name removes it.
        """
        ...

    def forget_secret(self, name: str) -> None:
        """Remove the secret from the cloud, once the machine has taken it. Repeated it does nothing."""
        ...

    def find(self, name: str) -> Machine | None:
        """The machine of a name. None when there is none, or it has been deleted."""
        ...

    def machines(self) -> Sequence[Machine]:
        """All machines that emel made here, oldest first, stopped ones too."""
        ...

    def boot_log(self, name: str) -> str:
        """What the machine has written on its console so far. Empty when it is absent or has not yet."""
        ...

    def delete(self, name: str) -> None:
        """Remove a machine with its disk and its secret. Does nothing when it is absent.

        Returns when the cloud bills it no longer.
        """
        ...


class Doctor(Protocol):
    """What stands between a project and its first deploy."""

    def examine(self, bundle: Bundle | None) -> Iterator[Finding]:
        """Look at one thing after the other; nothing is changed. Ends early where no more can be seen.

        With a `bundle`, also at what that one needs.
        """
        ...


class Limits(NamedTuple):
    """What a cloud lets a function have. Sizes are bytes, memory is MiB, times are seconds."""

    memory: range
    longest_timeout: float
    bundle_bytes: int
    unpacked_bytes: int
    request_bytes: int
    mounts: bool = False
    """Whether a version may have a model that stands beside its zip: see Bundle.mounted."""


def _takes_all(_: Bundle) -> None:
    """Refuse nothing."""


class Cloud(NamedTuple):
    """A cloud and what it can do; a capability that it lacks is None."""

    name: str
    functions: Functions
    logs: Logs
    limits: Limits
    scaling: Scaling | None = None
    """None where a version carries its own scaling."""
    access: Access | None = None
    """None where everyone who reaches the address may call."""
    gateways: Gateways | None = None
    doctor: Doctor | None = None
    canaries: Canaries | None = None
    check: Callable[[Bundle], None] = _takes_all
    """Refuses a bundle of which no version could be made with the project's settings, by a DeployError. Asks
    the cloud nothing."""


def _quiet(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Outside:
    """The doors through which a cloud is reached, and what the project says of its place there."""

    process: Process = field(default_factory=SystemProcess)
    http: Http = field(default_factory=SystemHttp)
    clock: Clock = field(default_factory=SystemClock)
    env: Mapping[str, str] = field(default_factory=dict)
    yandex: YandexSettings = field(default_factory=YandexSettings)
    yandex_machines: YandexMachines = field(default_factory=YandexMachines)
    aws_machines: AwsMachines = field(default_factory=AwsMachines)
    kubernetes_machines: KubernetesMachines = field(default_factory=KubernetesMachines)
    tell: Callable[[str], None] = _quiet
    """Hears what a long call is doing."""
