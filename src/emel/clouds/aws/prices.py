"""What a machine costs, as AWS's own price list says on the day: no price of EC2 is kept here.

Source of the names: AWS Billing User Guide, «Using the AWS Price List Query API».
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from emel.clouds.aws.session import Session
from emel.errors import DeployError
from emel.records import MachinePrice, MachineShape

MONTH_HOURS = 28 * 24
"""Disks are priced by the month; in the shortest one an hour costs most."""
ADDRESS_HOUR = 0.005
"""A public IPv4 address, in USD, the same in all regions (https://aws.amazon.com/vpc/pricing/)."""
SOURCE = "the price list of AWS, today"


def find_price(
    session: Session, region: str, shape: MachineShape, tell: Callable[[str], None]
) -> MachinePrice | None:
    """The price of an hour on demand, with disk and address, before tax. None where it cannot be learnt.

    A spot machine never costs more than that: without a limit on its price, that is the limit (EC2 User
    Guide, «Spot Instances»).
    """
    try:
        machine = _price(
            session,
            regionCode=region,
            instanceType=shape.platform,
            operatingSystem="Linux",
            preInstalledSw="NA",
            tenancy="Shared",
            capacitystatus="Used",
        )
        disk = _price(session, regionCode=region, volumeApiName=shape.disk_type, productFamily="Storage")
    except DeployError as problem:
        tell(f"the price list cannot be read: {problem}")
        return None
    if machine is None or disk is None or machine[1] != disk[1]:
        return None
    address = ADDRESS_HOUR if shape.public_address else 0.0
    return MachinePrice(
        per_hour=machine[0] + shape.disk * disk[0] / MONTH_HOURS + address,
        currency=machine[1],
        source=SOURCE,
        at_most=shape.spot,
    )


def _price(session: Session, **wanted: str) -> tuple[float, str] | None:
    """The highest price of what fits, and its currency. None when nothing does."""
    filters = [{"Type": "TERM_MATCH", "Field": key, "Value": value} for key, value in wanted.items()]
    found = session.call("pricing", "GetProducts", ServiceCode="AmazonEC2", Filters=filters)
    prices = [price for product in found["PriceList"] for price in _on_demand(json.loads(product))]
    return max(prices, default=None)


def _on_demand(product: Any) -> list[tuple[float, str]]:
    dimensions = [
        dimension
        for term in product.get("terms", {}).get("OnDemand", {}).values()
        for dimension in term["priceDimensions"].values()
    ]
    return [
        (float(price), currency)
        for dimension in dimensions
        for currency, price in dimension["pricePerUnit"].items()
        if float(price) > 0
    ]
