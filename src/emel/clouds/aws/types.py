"""Which type of machine fits, as EC2 itself describes its types. No number of a type is kept here.

A type is `m7i.xlarge`: a family, a point, a size.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any, NamedTuple

from emel.clouds.aws.session import Session
from emel.errors import DeployError
from emel.records import MachineWanted

FAMILIES = ("m7i", "c7i", "r7i", "m6i", "c6i", "r6i")
"""Without a card: 4, 2 and 8 GB for each processor; where two are equal, the first is taken."""
CARDS = {
    "t4": ("g4dn",),
    "a10g": ("g5",),
    "l4": ("g6",),
    "l40s": ("g6e",),
    "a100": ("p4d", "p4de"),
    "h100": ("p5",),
    "h200": ("p5e", "p5en"),
}
"""Cards and the families that carry them, of which each works with the driver in `images.CARD_IMAGE`. Source:
EC2 User Guide, «Accelerated computing» (https://docs.aws.amazon.com/ec2/latest/instancetypes/ac.html)."""


class Type(NamedTuple):
    """A type of machine. Memory is GB of 2**30 bytes."""

    name: str
    cpus: int
    memory: int
    gpu: str | None
    gpus: int
    architecture: str
    """`x86_64` or `arm64`."""
    spot: bool
    """Whether it can be had as a spot machine."""
    bare: bool
    """Whether it is a whole computer, without a hypervisor: it takes many minutes to start."""


def fitting_type(session: Session, wanted: MachineWanted) -> Type:
    """The type with the fewest processors, then the least memory, that has all that is wanted.

    Errors: DeployError with the nearest type when none has.
    """
    if wanted.native:
        return _native(session, wanted, wanted.native)
    families = FAMILIES if wanted.gpu is None else _families_of(wanted.gpu)
    found = _described(session, [f"{family}.*" for family in families])
    found = [one for one in found if not one.bare and (one.spot or not wanted.spot)]
    fitting = [one for one in found if _fits(one, wanted)]
    if fitting:
        return min(fitting, key=lambda one: (*_size(one), families.index(one.name.partition(".")[0])))
    if not found:
        raise DeployError(
            f"the region has no types of {', '.join(families)}", hint="choose another region, or --type NAME"
        )
    largest = max(found, key=_size)
    raise DeployError(
        f"no type has {_words(wanted)}; the largest of {', '.join(families)} is {_told(largest)}",
        hint=f"use --type {largest.name}, or any other name of a type",
    )


def _families_of(gpu: str) -> Sequence[str]:
    if gpu not in CARDS:
        raise DeployError(
            f"no known type of AWS has the card {gpu!r}",
            hint=f"use one of: {', '.join(sorted(CARDS))}; or a type by its name: --type g5.xlarge",
        )
    return CARDS[gpu]


def _native(session: Session, wanted: MachineWanted, name: str) -> Type:
    found = next(iter(_described(session, [name])), None)
    if found is None:
        raise DeployError(f"the region has no type {name!r}", hint=_nearest(session, name))
    if wanted.spot and not found.spot:
        raise DeployError(
            f"{name} cannot be had as a spot machine", hint="leave out --spot, or another --type"
        )
    if wanted.gpu and (found.gpu != wanted.gpu or found.gpus < wanted.gpus):
        raise DeployError(
            f"{_told(found)}, and {wanted.gpus} × {wanted.gpu} are wanted",
            hint=f"leave out --gpu, or leave --type to emel: --gpu {wanted.gpu}",
        )
    return found


def _nearest(session: Session, name: str) -> str:
    family = name.partition(".")[0]
    offered = session.pages("DescribeInstanceTypeOfferings", "InstanceTypeOfferings", LocationType="region")
    names = sorted(one["InstanceType"] for one in offered)
    near = [one for one in names if one.startswith(f"{family}.")] or difflib.get_close_matches(name, names, 5)
    return f"the nearest are: {', '.join(near)}" if near else "see `aws ec2 describe-instance-types`"


def _described(session: Session, patterns: Sequence[str]) -> list[Type]:
    filters = [{"Name": "instance-type", "Values": list(patterns)}]
    return [_read(one) for one in session.pages("DescribeInstanceTypes", "InstanceTypes", Filters=filters)]


def _read(said: Any) -> Type:
    # Cards of others need drivers that no image of ours has: to jobs they are not there.
    cards = [one for one in said.get("GpuInfo", {}).get("Gpus", ()) if one["Manufacturer"] == "NVIDIA"]
    return Type(
        name=said["InstanceType"],
        cpus=said["VCpuInfo"]["DefaultVCpus"],
        memory=said["MemoryInfo"]["SizeInMiB"] // 1024,
        gpu=cards[0]["Name"].lower() if cards else None,
        gpus=sum(card["Count"] for card in cards),
        architecture="arm64" if "arm64" in said["ProcessorInfo"]["SupportedArchitectures"] else "x86_64",
        spot="spot" in said["SupportedUsageClasses"],
        bare=said["BareMetal"],
    )


def _fits(one: Type, wanted: MachineWanted) -> bool:
    has_card = one.gpu == wanted.gpu and one.gpus >= (wanted.gpus if wanted.gpu else 0)
    return has_card and one.cpus >= wanted.cpus and one.memory >= wanted.memory


def _size(one: Type) -> tuple[int, int, int]:
    return one.gpus, one.cpus, one.memory


def _words(wanted: MachineWanted) -> str:
    cards = f" and {wanted.gpus} × {wanted.gpu}" if wanted.gpu else ""
    spot = ", as a spot machine" if wanted.spot else ""
    return f"{wanted.cpus} processors, {wanted.memory} GB{cards}{spot}"


def _told(one: Type) -> str:
    cards = f" and {one.gpus} × {one.gpu}" if one.gpu else ""
    return f"{one.name} with {one.cpus} processors, {one.memory} GB{cards}"
