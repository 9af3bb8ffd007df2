"""What machines are made of and stand in: images, disks, subnets, route tables.

Sources: cloudapi, yandex/cloud/compute/v1 and yandex/cloud/vpc/v1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from tests.fakes.yandex.pages import page
from tests.fakes.yandex.state import FOLDER, Refused, State

from yandex.cloud.compute.v1 import disk_service_pb2 as disk_requests
from yandex.cloud.compute.v1 import image_pb2 as images
from yandex.cloud.compute.v1.disk_service_pb2_grpc import DiskServiceServicer
from yandex.cloud.compute.v1.image_service_pb2_grpc import ImageServiceServicer
from yandex.cloud.vpc.v1 import route_table_pb2 as routes
from yandex.cloud.vpc.v1 import subnet_pb2 as subnets
from yandex.cloud.vpc.v1 import subnet_service_pb2 as subnet_requests
from yandex.cloud.vpc.v1.route_table_service_pb2_grpc import RouteTableServiceServicer
from yandex.cloud.vpc.v1.subnet_service_pb2_grpc import SubnetServiceServicer

NOT_FOUND = grpc.StatusCode.NOT_FOUND
STANDARD_IMAGES = "standard-images"
ZONES = ("ru-central1-a", "ru-central1-b", "ru-central1-d")


def subnet(zone: str, **other: Any) -> Any:
    return subnets.Subnet(
        **{"id": f"e9b{zone}", "folder_id": FOLDER, "name": f"default-{zone}", "zone_id": zone, **other}
    )


def _image(family: str, gigabytes: int) -> Any:
    return images.Image(
        id=f"fd8{family}",
        folder_id=STANDARD_IMAGES,
        family=family,
        name=f"{family}-v20260813",
        min_disk_size=gigabytes * 2**30,
        status=images.Image.READY,
    )


@dataclass
class PlaceState:
    """Tests read and change it freely."""

    subnets: dict[str, Any] = field(default_factory=lambda: {one.id: one for one in map(subnet, ZONES)})
    route_tables: dict[str, Any] = field(default_factory=dict)
    images: dict[str, Any] = field(
        default_factory=lambda: {
            one.id: one
            for one in (
                _image("ubuntu-2404-lts", 8),
                _image("ubuntu-2204-lts-cuda-12-2", 30),
                _image("ubuntu-2004-lts-gpu", 20),
                _image("ubuntu-2004-lts-secureboot-cuda-12-2", 30),
            )
        }
    )

    def add_nat(self, zone: str) -> None:
        """Lead all that leaves the zone's subnet through a NAT gateway."""
        route = routes.StaticRoute(destination_prefix="0.0.0.0/0", gateway_id="enpgateway0000000000")
        table = routes.RouteTable(id="enproutes00000000000", folder_id=FOLDER, static_routes=[route])
        self.route_tables[table.id] = table
        self.subnets[f"e9b{zone}"].route_table_id = table.id


class ImageServicer(ImageServiceServicer):
    def __init__(self, places: PlaceState) -> None:
        self._places = places

    def GetLatestByFamily(self, request: Any, context: object) -> Message:
        for image in self._places.images.values():
            if (image.folder_id, image.family) == (request.folder_id, request.family):
                found: Message = image
                return found
        raise Refused(NOT_FOUND, f"Image with family {request.family} not found")


class SubnetServicer(SubnetServiceServicer):
    def __init__(self, state: State, places: PlaceState) -> None:
        self._state = state
        self._places = places

    def Get(self, request: Any, context: object) -> Message:
        found: Message | None = self._places.subnets.get(request.subnet_id)
        if found is None:
            raise Refused(NOT_FOUND, f"Subnet {request.subnet_id} not found")
        return found

    def List(self, request: Any, context: object) -> Message:
        found = [one for one in self._places.subnets.values() if one.folder_id == request.folder_id]
        shown, following = page(found, request, self._state)
        return subnet_requests.ListSubnetsResponse(subnets=shown, next_page_token=following)


class RouteTableServicer(RouteTableServiceServicer):
    def __init__(self, places: PlaceState) -> None:
        self._places = places

    def Get(self, request: Any, context: object) -> Message:
        found: Message | None = self._places.route_tables.get(request.route_table_id)
        if found is None:
            raise Refused(NOT_FOUND, f"Route table {request.route_table_id} not found")
        return found


class DiskServicer(DiskServiceServicer):
    """`disks` is the dictionary in which the machines' service puts them."""

    def __init__(self, state: State, disks: dict[str, Any]) -> None:
        self._state = state
        self._disks = disks

    def List(self, request: Any, context: object) -> Message:
        found = list(self._disks.values())
        if request.filter:
            named = re.fullmatch(r'name\s*=\s*"([^"]*)"', request.filter)
            if named is None:
                raise Refused(grpc.StatusCode.INVALID_ARGUMENT, f"Bad filter: {request.filter}")
            found = [one for one in found if one.name == named[1]]
        shown, following = page(found, request, self._state)
        return disk_requests.ListDisksResponse(disks=shown, next_page_token=following)

    def Delete(self, request: Any, context: object) -> Message:
        disk = self._disks.get(request.disk_id)
        if disk is None:
            raise Refused(NOT_FOUND, f"Disk {request.disk_id} not found")
        if disk.instance_ids:
            raise Refused(grpc.StatusCode.FAILED_PRECONDITION, f"Disk {disk.id} is attached")
        identifier = str(disk.id)

        def finish() -> Message:
            self._disks.pop(identifier, None)
            return Empty()

        return self._state.begin(disk_requests.DeleteDiskMetadata(disk_id=disk.id), finish, "Delete disk")
