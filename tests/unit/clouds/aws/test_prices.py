"""What a machine of EC2 costs, by AWS's own price list."""

from __future__ import annotations

import pytest
from tests.fakes.aws import FakeAws, Fault, aws_compute

from emel.cost import machine_price
from emel.records import MachinePrice, MachineWanted


def price(aws: FakeAws, wanted: MachineWanted, told: list[str] | None = None) -> MachinePrice | None:
    compute = aws_compute(aws, tell=[].append if told is None else told.append)
    return machine_price(compute.shape(wanted))


def test_an_hour_costs_the_machine_its_disk_and_its_address(aws: FakeAws) -> None:
    aws.prices |= {"m7i.large": 0.1, "gp3": 0.0952}
    found = price(aws, MachineWanted(native="m7i.large", disk=60))
    assert found is not None
    assert found.per_hour == pytest.approx(0.1 + 60 * 0.0952 / (28 * 24) + 0.005)
    assert (found.currency, found.source, found.at_most) == ("USD", "the price list of AWS, today", False)


def test_a_spot_machine_costs_what_one_on_demand_does_at_most(aws: FakeAws) -> None:
    aws.prices |= {"m7i.large": 0.1, "gp3": 0.0952}
    found = price(aws, MachineWanted(native="m7i.large", spot=True))
    assert found is not None and found.at_most


@pytest.mark.parametrize("known", ["m7i.large", "gp3"])
def test_a_price_without_one_of_its_parts_is_none(aws: FakeAws, known: str) -> None:
    aws.prices[known] = 0.1
    assert price(aws, MachineWanted(native="m7i.large")) is None


def test_whoever_may_not_read_the_price_list_is_told_and_may_go_on(aws: FakeAws) -> None:
    told: list[str] = []
    aws.faults.append(Fault("GetProducts", "AccessDeniedException", "not authorized"))
    assert price(aws, MachineWanted(native="m7i.large"), told) is None
    [line] = told
    assert "the price list cannot be read: " in line and "not authorized" in line
