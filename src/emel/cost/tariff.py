"""A cloud's prices, from a dated file that a user can replace."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from emel.errors import ConfigError

Price = Annotated[float, Meta(ge=0)]


class FunctionPrices(Struct, frozen=True, forbid_unknown_fields=True):
    """What a function's calls cost. GB are 1024 MB."""

    gb_hour: Annotated[float, Meta(gt=0)]
    million_calls: Annotated[float, Meta(gt=0)]
    free_gb_hours: Price
    free_calls: Annotated[int, Meta(ge=0)]
    round_up_seconds: Annotated[float, Meta(gt=0)]
    provisioned_gb_hour: Price | None = None
    """What a provisioned instance costs while it waits; None where it is not known."""


class Processor(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of a processor a memory class gets."""

    whole_at: int
    """The memory class in MB from which a function has a whole processor; below, a share in proportion."""
    steps: tuple[tuple[int, float], ...]
    """From this memory class on, that many processors; ascending."""

    def share(self, memory: int) -> float:
        """Processors of the memory class `memory` in MB: 0.0625 for 128 MB where 2048 MB make a whole one."""
        if memory < self.whole_at:
            return memory / self.whole_at
        return [count for least, count in self.steps if memory >= least][-1]


class VmPart(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a machine's bill."""

    what: str
    price: Price


class Vm(Struct, frozen=True, forbid_unknown_fields=True):
    """A machine that runs all month; prices are per hour."""

    name: str
    per_hour: tuple[VmPart, ...]


class GatewayPrices(Struct, frozen=True, forbid_unknown_fields=True):
    """What requests through an API gateway cost, beside the calls that they make."""

    million_requests: Price
    free_requests: Annotated[int, Meta(ge=0)]


class LogPrices(Struct, frozen=True, forbid_unknown_fields=True):
    """What writing into the log costs. GiB are 2**30 bytes."""

    gib: Price
    free_gib: Price


class StoragePrices(Struct, frozen=True, forbid_unknown_fields=True):
    """What objects in storage cost. GB are 1024 MB."""

    gb_hour: Price
    free_gb: Price


class MachineRates(Struct, frozen=True, forbid_unknown_fields=True):
    """What an hour of a kind of machine costs, by the parts that the cloud bills; others are 0."""

    machine_hour: Price = 0.0
    """Of the whole machine, where the cloud has one price for a type."""
    cpu_hour: Price = 0.0
    memory_gb_hour: Price = 0.0
    gpu_hour: Price = 0.0


class MachineType(MachineRates, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A kind of machine. `platform` is that of `MachineShape`: `standard-v3`, `m7i.xlarge`."""

    platform: str
    spot: MachineRates | None = None
    """The same where the cloud may take it away; None where that is not known, or changes by the hour."""


class MachinePrices(Struct, frozen=True, forbid_unknown_fields=True):
    """What machines that train cost."""

    types: tuple[MachineType, ...]
    disk_gb_hour: dict[str, Price] = {}
    """By the type of the disk."""
    public_address_hour: Price = 0.0


class Tariff(Struct, frozen=True, forbid_unknown_fields=True):
    """All prices of one cloud that emel uses.

    `format` is raised when a key changes its meaning; a file of another format is refused.
    """

    format: Literal[1]
    cloud: str
    currency: str
    prices_of: str
    source: str
    function: FunctionPrices
    processor: Processor
    vm: Vm
    preemptible: Vm | None = None
    """The same machine at a lower price, which the cloud may stop at any time; None where it is not known."""
    gateway: GatewayPrices | None = None
    logs: LogPrices | None = None
    storage: StoragePrices | None = None
    machines: MachinePrices | None = None


@cache
def clouds() -> tuple[str, ...]:
    """The names of the clouds whose prices are shipped, sorted."""
    shipped = (files("emel.cost") / "tariffs").iterdir()
    return tuple(sorted(item.name.removesuffix(".toml") for item in shipped))


@cache
def load_tariff(cloud: str, price_file: Path | None = None) -> Tariff:
    """The prices of a cloud: those that emel ships, or those of a file of the same shape.

    Errors: ConfigError when the file cannot be read or has another shape than those in cost/tariffs/.
    """
    shipped = files("emel.cost") / "tariffs" / f"{cloud}.toml"
    where = str(price_file) if price_file else f"{cloud}.toml"
    try:
        text = price_file.read_text("utf-8") if price_file else shipped.read_text("utf-8")
        return msgspec.convert(tomllib.loads(text), Tariff)
    except FileNotFoundError as problem:
        hint = f"clouds with prices: {', '.join(clouds())}" if price_file is None else "check the path"
        raise ConfigError("no such price file", where=where, hint=hint) from problem
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as problem:
        raise ConfigError(
            f"the price file cannot be used: {problem}",
            where=where,
            hint="start from the shipped file: docs/guides/cost.md shows it",
        ) from problem
