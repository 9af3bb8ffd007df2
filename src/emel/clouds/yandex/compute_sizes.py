"""The sizes of machines that Yandex Cloud has.

Sources: documentation of Compute Cloud, «vCPU performance levels» (standard-v3 at 100 %), «Graphics
processing units» (platforms, configurations, images with drivers) and «Quotas and limits» (names of the
quotas), read November 2026. What a zone has of it nobody lists: the cloud says so when a machine is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from emel.errors import DeployError
from emel.records import MachineWanted

CPU_PLATFORM = "standard-v3"
CPU_IMAGE = "ubuntu-2404-lts"
CPU_QUOTA = "compute.instanceCores.count"
# Processors, and the most GB of memory for each of them; from 1 GB on, in whole ones.
_MEMORY_PER_CPU = {
    **dict.fromkeys((2, 4, 6, 8, 10, 12, 14, 16, 20, 36, 40), 16),
    **dict.fromkeys((24, 48), 13),
    **dict.fromkeys((28, 56), 11),
    **dict.fromkeys((32, 60, 64), 10),
    44: 14,
    52: 12,
    68: 9,
    **dict.fromkeys((72, 76, 80), 8),
    **dict.fromkeys((84, 88), 7),
    **dict.fromkeys((92, 96), 6),
}


class Size(NamedTuple):
    """What one machine has. Memory is GB of 2**30 bytes."""

    platform: str
    gpus: int
    cpus: int
    memory: int


class Card(NamedTuple):
    """A model of graphics card."""

    sizes: tuple[Size, ...]
    quota: str | None
    """How the cloud names the quota of these cards, which is 0 in a new cloud; None where no page does."""
    image: str | None
    """The family of public images with its driver; None where no page names one."""


def _t4(platform: str) -> tuple[Size, ...]:
    return tuple(Size(platform, 1, cpus, 4 * cpus) for cpus in (4, 8, 16, 32))


def _multiples(platform: str, cpus: int, memory: int, counts: tuple[int, ...]) -> tuple[Size, ...]:
    return tuple(Size(platform, count, count * cpus, count * memory) for count in counts)


_CUDA = "ubuntu-2204-lts-cuda-12-2"
CARDS = {
    "t4": Card(_t4("standard-v3-t4"), "compute.instanceT4Gpus.count", _CUDA),
    "t4i": Card(_t4("standard-v3-t4i"), "compute.instanceT4IGpus.count", _CUDA),
    "v100": Card(
        _multiples("gpu-standard-v2", 8, 48, (1, 2, 4, 8)) + _multiples("gpu-standard-v1", 8, 96, (1, 2, 4)),
        "compute.instanceGpus.count",
        "ubuntu-2004-lts-gpu",
    ),
    "a100": Card(
        _multiples("gpu-standard-v3", 28, 119, (1, 2, 4, 8)), "compute.instanceA100Gpus.count", _CUDA
    ),
    "gen2": Card(
        (*_multiples("gpu-standard-v3i", 18, 144, (1, 2, 4)), Size("gpu-standard-v3i", 8, 180, 1440)),
        "compute.instanceV3IGpus.count",
        "ubuntu-2004-lts-secureboot-cuda-12-2",
    ),
    "gpu-platform-v4": Card(
        (*_multiples("gpu-standard-v4", 22, 220, (1, 2, 4)), Size("gpu-standard-v4", 8, 180, 1800)),
        None,
        None,
    ),
}
"""By the cloud's own names of the cards, in small letters."""


def size_of(wanted: MachineWanted) -> Size:
    """The size that is exactly what is wanted. Errors: DeployError, which names the nearest that there is."""
    if wanted.native is not None:
        raise DeployError(
            f"Yandex Cloud has no named types of machines, so there is no {wanted.native!r}",
            hint="say the processors and the memory: --type 4cpu16gb, and the card with --gpu",
        )
    if wanted.gpu is not None and wanted.gpu not in CARDS:
        raise DeployError(
            f"Yandex Cloud has no graphics card {wanted.gpu!r}", hint=f"use one of: {', '.join(CARDS)}"
        )
    sizes = CARDS[wanted.gpu].sizes if wanted.gpu else _cpu_sizes()
    gpus = wanted.gpus if wanted.gpu else 0
    asked = (gpus, wanted.cpus, wanted.memory)
    for size in sizes:
        if size[1:] == asked:
            return size
    near = _nearest(sizes, *asked)
    cards = f" with {gpus} × {wanted.gpu}" if wanted.gpu else ""
    raise DeployError(
        f"Yandex Cloud has no machine of {wanted.cpus} processors and {wanted.memory} GB{cards}",
        hint=f"the nearest: --type {near.cpus}cpu{near.memory}gb"
        + (f" --gpu {wanted.gpu} --gpus {near.gpus}" if wanted.gpu else ""),
    )


def image_of(gpu: str | None) -> str:
    """The family of public images that fits a card, or no card.

    Errors: DeployError for a card whose image no page of the documentation names.
    """
    family = CARDS[gpu].image if gpu else CPU_IMAGE
    if family is None:
        raise DeployError(
            f"no family of public images is known to have a driver for {gpu}",
            hint="name one: image_family in [yandex.machine]",
        )
    return family


def quotas_of(size: Size, gpu: str | None) -> list[tuple[str, int]]:
    """The quotas that a machine's processors and cards fall under, with how much it needs of each."""
    of_card = CARDS[gpu].quota if gpu else None
    return [(CPU_QUOTA, size.cpus), *([(of_card, size.gpus)] if of_card else [])]


def _cpu_sizes() -> tuple[Size, ...]:
    return tuple(
        Size(CPU_PLATFORM, 0, cpus, cpus * each)
        for cpus, most in sorted(_MEMORY_PER_CPU.items())
        for each in range(1, most + 1)
    )


def _nearest(sizes: Sequence[Size], gpus: int, cpus: int, memory: int) -> Size:
    """The smallest that has at least as much of each; else the largest."""
    enough = [size for size in sizes if size.gpus >= gpus and size.cpus >= cpus and size.memory >= memory]
    return min(enough or [max(sizes, key=_cost)], key=_cost)


def _cost(size: Size) -> tuple[int, int, int]:
    return size.gpus, size.cpus, size.memory
