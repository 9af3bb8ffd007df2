"""Where a machine can stand, and what it boots: subnets, the way out of them, images.

Sources: cloudapi, yandex/cloud/vpc/v1 and yandex/cloud/compute/v1/image_service.proto; documentation of
Virtual Private Cloud, «NAT gateways».
"""

from __future__ import annotations

from typing import Any, NamedTuple

from yandex.cloud.compute.v1 import image_service_pb2 as image_requests
from yandex.cloud.compute.v1.image_service_pb2_grpc import ImageServiceStub
from yandex.cloud.vpc.v1 import route_table_service_pb2 as route_requests
from yandex.cloud.vpc.v1 import subnet_service_pb2 as subnet_requests
from yandex.cloud.vpc.v1.route_table_service_pb2_grpc import RouteTableServiceStub
from yandex.cloud.vpc.v1.subnet_service_pb2_grpc import SubnetServiceStub

from emel.clouds.yandex.place import named_folder
from emel.clouds.yandex.refusals import NOT_FOUND, Refusal
from emel.clouds.yandex.session import Session
from emel.errors import DeployError
from emel.records import YandexMachines

PUBLIC_IMAGES = "standard-images"
"""The folder of the public images, to which everyone has access."""
EVERYWHERE = "0.0.0.0/0"


class Subnet(NamedTuple):
    """A part of a network in one zone. `has_way_out`: whether a machine needs no address of its own."""

    id: str
    zone: str
    has_way_out: bool


class Image(NamedTuple):
    """What a disk is made from. `gigabytes` is the least that the disk must have."""

    id: str
    gigabytes: int


class Places:
    """Reads alone."""

    def __init__(self, session: Session, folder: str | None, machines: YandexMachines) -> None:
        self._session = session
        self._named = folder
        self._machines = machines

    @property
    def folder(self) -> str:
        """The folder's identifier. Errors: DeployError when nobody has named it."""
        return named_folder(self._named)

    def subnets(self, zones: tuple[str, ...]) -> list[Subnet]:
        """One for each zone, in the order of `zones`; without zones for all that are named, else for all.

        Errors: DeployError where a zone has no subnet, or several and none is named.
        """
        found = self._of_folder()
        named = self._machines.subnets
        known = {proto.id: proto for protos in found.values() for proto in protos}
        chosen = []
        for zone in zones or tuple(named) or tuple(sorted(found)):
            if zone in named:
                # It may be in another folder of the same cloud, where only its use is allowed.
                proto = known.get(named[zone]) or self._get(named[zone])
                chosen.append(self._subnet(proto, zone))
            else:
                chosen.append(self._subnet(_only(found.get(zone, []), zone, sorted({*named, *found})), zone))
        if not chosen:
            raise DeployError(
                "the folder has no subnet for a machine", hint=_MAKE.format(zone="ru-central1-a")
            )
        return chosen

    def image(self, family: str) -> Image:
        """The newest image of a family: the public one, or else the folder's own.

        Errors: DeployError when neither has it.
        """
        for folder in (PUBLIC_IMAGES, self.folder):
            request = image_requests.GetImageLatestByFamilyRequest(folder_id=folder, family=family)
            try:
                proto = self._session.read(ImageServiceStub, "GetLatestByFamily", request)
            except Refusal as problem:
                if problem.code != NOT_FOUND:
                    raise
                continue
            return Image(proto.id, -(-proto.min_disk_size // 2**30))
        raise DeployError(
            f"there is no image of the family {family!r}",
            hint="name another: image_family in [yandex.machine]; yc compute image list --folder-id "
            f"{PUBLIC_IMAGES} shows all",
        )

    def _of_folder(self) -> dict[str, list[Any]]:
        """The folder's subnets by their zones."""
        request = subnet_requests.ListSubnetsRequest(folder_id=self.folder, page_size=1000)
        by_zone: dict[str, list[Any]] = {}
        for proto in self._session.pages(SubnetServiceStub, "List", request, "subnets"):
            by_zone.setdefault(proto.zone_id, []).append(proto)
        return by_zone

    def _get(self, identifier: str) -> Any:
        request = subnet_requests.GetSubnetRequest(subnet_id=identifier)
        try:
            return self._session.read(SubnetServiceStub, "Get", request)
        except Refusal as problem:
            if problem.code != NOT_FOUND:
                raise
            raise DeployError(
                f"there is no subnet {identifier}",
                hint="mend subnets in [yandex.machine]; yc vpc subnet list shows those of the folder",
            ) from None

    def _subnet(self, proto: Any, zone: str) -> Subnet:
        if proto.zone_id != zone:
            raise DeployError(
                f"the subnet {proto.id} is in {proto.zone_id}, not in {zone}",
                hint="mend subnets in [yandex.machine]",
            )
        return Subnet(proto.id, zone, self._has_way_out(proto.route_table_id))

    def _has_way_out(self, route_table: str) -> bool:
        """Whether all that leaves the subnet goes by a gateway or a NAT instance."""
        if not route_table:
            return False
        request = route_requests.GetRouteTableRequest(route_table_id=route_table)
        found = self._session.read(RouteTableServiceStub, "Get", request)
        return any(route.destination_prefix == EVERYWHERE for route in found.static_routes)


_MAKE = (
    "make one: yc vpc subnet create --name emel --network-name default --zone {zone} --range 10.200.0.0/24"
)


def _only(found: list[Any], zone: str, others: list[str]) -> Any:
    if not found:
        where = f"; it has some in {', '.join(others)}" if others else ""
        raise DeployError(f"the folder has no subnet in {zone}{where}", hint=_MAKE.format(zone=zone))
    if len(found) > 1:
        names = ", ".join(f"{proto.id} ({proto.name})" for proto in found)
        raise DeployError(
            f"the folder has {len(found)} subnets in {zone}: {names}",
            hint=f'name one: subnets = {{ "{zone}" = "{found[0].id}" }} in [yandex.machine]',
        )
    return found[0]
