"""Computes the tables of docs/guides/cloud-training, or with --check says if they are stale.

Everything comes from `emel.cost` and the price files in src/emel/cost/tariffs: no figure stands here.
"""

from __future__ import annotations

from computed import GUIDES, filled, money, table, write_or_check
from msgspec.structs import replace

from emel.cost import load_tariff, machine_price
from emel.records import MachineShape

LIFETIME_HOURS = 6
MONTH_HOURS = 720
TRAINING_HOURS = (5, 20, 60, 200)
DISKS = (30, 50, 100)
"""GB."""
YANDEX = MachineShape(
    cloud="yandex",
    platform="standard-v3",
    cpus=2,
    memory=8,
    disk=30,
    disk_type="network-ssd",
    public_address=True,
)
MACHINES = {
    "2cpu8gb": YANDEX,
    "4cpu16gb": replace(YANDEX, cpus=4, memory=16),
    "8cpu32gb": replace(YANDEX, cpus=8, memory=32),
    "4cpu16gb, T4": replace(YANDEX, platform="standard-v3-t4", cpus=4, memory=16, gpus=1, disk=50),
    "4cpu16gb, T4i": replace(YANDEX, platform="standard-v3-t4i", cpus=4, memory=16, gpus=1, disk=50),
    "18cpu144gb, Gen2": replace(YANDEX, platform="gpu-standard-v3i", cpus=18, memory=144, gpus=1, disk=50),
}
CARD = "4cpu16gb, T4"
WORDS = {
    "en": {
        "prices": ("machine", "an hour", "an hour as `--spot`", "at worst in {} h", "as `--spot`"),
        "month": ("hours of training a month", "launched", "launched as `--spot`", "left on all month"),
        "disk": ("disk of a stopped machine", "a day", "a month", "{} GB"),
    },
    "ru": {
        "prices": ("машина", "час", "час с `--spot`", "в худшем случае за {} ч", "с `--spot`"),
        "month": ("часов обучения в месяц", "запуск на время", "запуск с `--spot`", "включена весь месяц"),
        "disk": ("диск остановленной машины", "сутки", "месяц", "{} ГБ"),
    },
}


def main() -> None:
    pages = {GUIDES / "cloud-training.md": "en", GUIDES / "cloud-training.ru.md": "ru"}
    made = {path: filled(path.read_text("utf-8"), tables(language)) for path, language in pages.items()}
    write_or_check(made, "cloud_training.py")


def tables(language: str) -> dict[str, str]:
    """Each computed table by its name, as markdown."""
    words = WORDS[language]
    headings = [word.format(LIFETIME_HOURS) for word in words["prices"]]
    return {
        "machine prices": table(headings, [_price_row(name) for name in MACHINES]),
        "machine month": table(words["month"], [_month_row(hours) for hours in TRAINING_HOURS]),
        "stopped disk": table(words["disk"][:3], [_disk_row(words["disk"][3], size) for size in DISKS]),
    }


def _price_row(name: str) -> tuple[str, ...]:
    shape = MACHINES[name]
    hours = (_cost(shape, 1), _cost(replace(shape, spot=True), 1))
    worst = (_cost(shape, LIFETIME_HOURS), _cost(replace(shape, spot=True), LIFETIME_HOURS))
    return (name, *hours, *worst)


def _month_row(hours: int) -> tuple[str, ...]:
    shape = MACHINES[CARD]
    spot = replace(shape, spot=True)
    return (str(hours), _cost(shape, hours), _cost(spot, hours), _cost(shape, MONTH_HOURS))


def _disk_row(heading: str, size: int) -> tuple[str, ...]:
    tariff = load_tariff("yandex")
    assert tariff.machines is not None
    an_hour = size * tariff.machines.disk_gb_hour[YANDEX.disk_type]
    costs = (money(an_hour * hours, tariff.currency) for hours in (24, MONTH_HOURS))
    return (heading.format(size), *costs)


def _cost(shape: MachineShape, hours: int) -> str:
    price = machine_price(shape)
    assert price is not None, f"the tariff has no price of {shape.platform}"
    return money(price.per_hour * hours, price.currency)


if __name__ == "__main__":
    main()
