"""Where machines may stand: a subnet in each zone that offers the type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from emel.clouds.aws.session import Session
from emel.errors import DeployError


class Place(NamedTuple):
    """A subnet and its zone."""

    zone: str
    subnet: str
    public_address: bool
    """Whether the subnet gives its machines public addresses."""


def find_places(
    session: Session, subnets: Sequence[str], type_name: str, wanted_zones: Sequence[str]
) -> Sequence[Place]:
    """Places for a type, in the order of the zones that are wanted; without these of the subnets that are
    configured; without both of the zones' names. Errors: DeployError when there is none."""
    if subnets:
        found = session.call("ec2", "DescribeSubnets", SubnetIds=list(subnets))["Subnets"]
        found = sorted(found, key=lambda one: subnets.index(one["SubnetId"]))
    else:
        filters = [{"Name": "default-for-az", "Values": ["true"]}]
        found = session.pages("DescribeSubnets", "Subnets", Filters=filters)
        found = sorted(found, key=lambda one: str(one["AvailabilityZone"]))
    places = [
        Place(one["AvailabilityZone"], one["SubnetId"], bool(one.get("MapPublicIpOnLaunch"))) for one in found
    ]
    if not places:
        raise DeployError(
            "the region has no default network",
            hint="name subnets: [aws.machine] subnets in emel.toml; or make the network with "
            "`aws ec2 create-default-vpc`",
        )
    return _chosen(places, _offering(session, type_name), type_name, wanted_zones)


def _offering(session: Session, type_name: str) -> set[str]:
    """The zones that offer a type."""
    offered = session.pages(
        "DescribeInstanceTypeOfferings",
        "InstanceTypeOfferings",
        LocationType="availability-zone",
        Filters=[{"Name": "instance-type", "Values": [type_name]}],
    )
    return {one["Location"] for one in offered}


def _chosen(
    places: Sequence[Place], offering: set[str], type_name: str, wanted_zones: Sequence[str]
) -> Sequence[Place]:
    usable = [place for place in places if place.zone in offering]
    zones = sorted({place.zone for place in usable})
    if wanted_zones:
        usable = [place for zone in wanted_zones for place in usable if place.zone == zone]
    if usable:
        return usable
    asked = wanted_zones or sorted({place.zone for place in places})
    raise DeployError(
        f"no subnet for {type_name} in {', '.join(asked)}",
        hint=f"it could stand in: {', '.join(zones or sorted(offering))}"
        if zones or offering
        else "choose another --type, or another region",
    )
