"""What an hour of a machine that trains costs."""

from __future__ import annotations

from pathlib import Path

from emel.cost.tariff import MachineRates, Tariff, clouds, load_tariff
from emel.records import MachinePrice, MachineShape

FREE = ("local",)
"""Clouds whose machines are there anyway."""


def machine_price(shape: MachineShape, price_file: Path | None = None) -> MachinePrice | None:
    """The price of an hour of `shape`: what its cloud says, else by the cloud's tariff, or by that of a file.

    None where the tariff has no price of its platform or of its disk. Of a machine that the cloud may take
    away, the price of one that it may not is the upper bound where the lower is not known.
    Errors: ConfigError for a file that cannot be used.
    """
    if shape.cloud in FREE:
        return MachinePrice(per_hour=0.0, currency="", source="this machine is there anyway")
    if price_file is None and (shape.price is not None or shape.cloud not in clouds()):
        return shape.price
    tariff = load_tariff(shape.cloud, price_file)
    prices = tariff.machines
    found = next((each for each in prices.types if each.platform == shape.platform), None) if prices else None
    if prices is None or found is None or (shape.disk and shape.disk_type not in prices.disk_gb_hour):
        return None
    rates = found.spot if shape.spot and found.spot else found
    disk = shape.disk * prices.disk_gb_hour[shape.disk_type] if shape.disk else 0.0
    address = prices.public_address_hour if shape.public_address else 0.0
    return MachinePrice(
        per_hour=_parts(rates, shape) + disk + address,
        currency=tariff.currency,
        source=_source(tariff, price_file),
        at_most=shape.spot and found.spot is None,
    )


def _parts(rates: MachineRates, shape: MachineShape) -> float:
    return (
        rates.machine_hour
        + shape.cpus * rates.cpu_hour
        + shape.memory * rates.memory_gb_hour
        + shape.gpus * rates.gpu_hour
    )


def _source(tariff: Tariff, price_file: Path | None) -> str:
    of = price_file.name if price_file else f"prices of {tariff.cloud}"
    return f"{of}, {tariff.prices_of}"
