"""The price of a machine that trains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from emel.cost import load_tariff, machine_price
from emel.errors import ConfigError
from emel.records import MachineShape


def shape(**changes: Any) -> MachineShape:
    usual = MachineShape(cloud="yandex", platform="standard-v3", cpus=2, memory=8)
    return msgspec.structs.replace(usual, **changes)


def test_a_machine_costs_its_processors_and_its_memory() -> None:
    found = machine_price(shape())
    assert found is not None
    assert found.per_hour == pytest.approx(2 * 1.24 + 8 * 0.33)
    assert found.currency == "RUB"
    assert not found.at_most


def test_disk_and_public_address_are_on_the_bill() -> None:
    plain, whole = (
        machine_price(shape()),
        machine_price(shape(disk=30, disk_type="network-ssd", public_address=True)),
    )
    assert plain and whole
    assert whole.per_hour - plain.per_hour == pytest.approx(30 * 0.0199 + 0.26352)


def test_a_machine_that_may_be_taken_away_has_its_own_price() -> None:
    card = {"platform": "standard-v3-t4", "cpus": 4, "memory": 16, "gpu": "t4", "gpus": 1}
    whole, spot = machine_price(shape(**card)), machine_price(shape(**card, spot=True))
    assert whole and spot
    assert whole.per_hour == pytest.approx(79.79, abs=0.005)
    assert spot.per_hour == pytest.approx(20.06, abs=0.005)


def test_where_the_lower_price_is_not_known_the_whole_one_is_the_upper_bound(tmp_path: Path) -> None:
    own = own_prices(tmp_path, 'types = [{ platform = "m9.large", machine_hour = 0.1 }]')
    found = machine_price(shape(platform="m9.large", spot=True), own)
    assert found is not None
    assert found.per_hour == pytest.approx(0.1)
    assert found.at_most
    assert "prices.toml" in found.source


@pytest.mark.parametrize(
    "changes",
    [{"platform": "gpu-standard-v1"}, {"disk": 10, "disk_type": "tape"}, {"cloud": "kubernetes"}],
    ids=["platform", "disk", "cloud"],
)
def test_what_the_tariff_does_not_hold_has_no_price(changes: dict[str, Any]) -> None:
    assert machine_price(shape(**changes)) is None


def test_this_machine_costs_nothing() -> None:
    found = machine_price(shape(cloud="local", platform="process", cpus=64))
    assert found is not None
    assert found.per_hour == 0


def test_a_negative_price_is_refused(tmp_path: Path) -> None:
    own = own_prices(tmp_path, 'types = [{ platform = "m9.large", machine_hour = -1.0 }]')
    with pytest.raises(ConfigError, match="machine_hour"):
        machine_price(shape(), own)


def own_prices(folder: Path, machines: str) -> Path:
    """A price file of one's own, with other prices of machines."""
    known = load_tariff("aws")
    text = f"""
format = 1
cloud = "{known.cloud}"
currency = "USD"
prices_of = "2026-11-22"
source = "a contract"
function = {{ gb_hour = 1.0, million_calls = 1.0, free_gb_hours = 0, free_calls = 0, round_up_seconds = 0.1 }}
processor = {{ whole_at = 2048, steps = [[2048, 1]] }}
vm = {{ name = "one", per_hour = [] }}
[machines]
{machines}
"""
    file = folder / "prices.toml"
    file.write_text(text, "utf-8")
    return file
