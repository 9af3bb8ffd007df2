"""Machines in memory, and what the contract suite needs to know of a provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from emel.clouds import Compute
from emel.errors import DeployError
from emel.records import Machine, MachineBoot, MachineShape, MachineWanted
from emel.system.clock import Clock

SAYS = "the machine has booted"
"""What a machine of the contract suite writes on its console."""
BOOT = MachineBoot(
    script=f'read -r token\necho "{SAYS}"\nexec sleep 300\n',
    user_data=f"#cloud-config\nruncmd: [[echo, {SAYS}]]\n",
    max_lifetime=600.0,
)
PER_HOUR = 6.0


class ComputeCase(NamedTuple):
    """A provider under test, with hands that the protocol does not have."""

    compute: Compute
    end: Callable[[str], None]
    """Lets the machine of a name end itself, as its lifetime or its idle runner does."""
    visible: Callable[[str], str]
    """All that others than the machine's superuser may read of a machine: its command lines, its labels, its
    files, whatever the provider has of it but the one place that holds the secret."""
    holds_secret: Callable[[str], bool]
    """Whether the secret can still be had from the cloud."""
    boot: MachineBoot = BOOT
    """A boot after which the console shows SAYS, and the machine stays."""


class InMemoryCompute:
    """Machines that run on a clock and are billed by it. It may refuse, and lose machines."""

    token_command = "echo token"
    delete_command = ""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.there: dict[str, Machine] = {}
        self.secrets: dict[str, str] = {}
        self.logs: dict[str, str] = {}
        self.boots: dict[str, MachineBoot] = {}
        self.made: list[str] = []
        """The names of all that there ever were."""
        self.seconds: dict[str, float] = {}
        """By identifier, how long machines that are gone have run."""
        self.refusal: str | None = None
        self.hides_logs = False
        self.on_create: Callable[[str], None] = lambda name: None
        """Called when a machine has booted."""

    def shape(self, wanted: MachineWanted) -> MachineShape:
        if wanted.gpu is not None:
            raise DeployError(f"there is no {wanted.gpu} in memory", hint="leave out --gpu")
        return MachineShape(
            cloud="memory",
            platform="standard",
            cpus=wanted.cpus,
            memory=wanted.memory,
            spot=wanted.spot,
            disk=wanted.disk,
            zones=wanted.zones or ("a", "b"),
        )

    def create(
        self, name: str, shape: MachineShape, boot: MachineBoot, secret: str, labels: Mapping[str, str]
    ) -> Machine:
        if name in self.there:
            return self.there[name]
        if self.refusal:
            raise DeployError(self.refusal)
        self.made.append(name)
        made = Machine(
            name=name,
            id=f"m{len(self.made)}",
            cloud="memory",
            state="running",
            zone=shape.zones[0],
            created_at=self._clock.now().isoformat(),
            spot=shape.spot,
            labels={"emel": "runner", **labels},
        )
        self.there[name], self.secrets[name], self.boots[name] = made, secret, boot
        self.logs[name] = f"{SAYS}\n"
        self.on_create(name)
        return self.there.get(name, made)

    def forget_secret(self, name: str) -> None:
        self.secrets.pop(name, None)

    def find(self, name: str) -> Machine | None:
        self._watch_lifetimes()
        return self.there.get(name)

    def machines(self) -> Sequence[Machine]:
        self._watch_lifetimes()
        return sorted(self.there.values(), key=lambda machine: (machine.created_at, machine.id))

    def boot_log(self, name: str) -> str:
        if self.hides_logs:
            raise DeployError("the console is not for you")
        return self.logs.get(name, "")

    def delete(self, name: str) -> None:
        self.stop(name)
        for kept in (self.there, self.secrets, self.logs, self.boots):
            kept.pop(name, None)

    def stop(self, name: str) -> None:
        """Let it stop: it is billed no longer, and stands there until it is deleted."""
        machine = self.there.get(name)
        if machine and machine.state != "stopped":
            self.seconds[machine.id] = self._age(machine)
            self.there[name] = msgspec.structs.replace(machine, state="stopped")

    def lose(self, name: str) -> None:
        """Take it away, as a cloud does with a spot machine."""
        self.stop(name)
        self.there.pop(name, None)

    def bill(self) -> float:
        """What all machines have cost so far."""
        running = [self._age(machine) for machine in self.there.values() if machine.state != "stopped"]
        return PER_HOUR * (sum(self.seconds.values()) + sum(running)) / 3600

    def _watch_lifetimes(self) -> None:
        """The hard limit is the machine's own: it stops although nobody is there to stop it."""
        for name, machine in list(self.there.items()):
            limit = self.boots[name].max_lifetime
            if machine.state != "stopped" and self._age(machine) >= limit:
                self.stop(name)
                self.seconds[machine.id] = limit

    def _age(self, machine: Machine) -> float:
        return (self._clock.now() - datetime.fromisoformat(machine.created_at)).total_seconds()
