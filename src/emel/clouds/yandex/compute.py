"""Machines that train in Yandex Cloud: found by their names in a folder, known as emel's by a label.

A machine that has powered itself off, or that the cloud has taken away, is `stopped`: its processors and its
address cost nothing any more, but its disk is billed until `delete`. The API has no limit for the life of a
machine and no deletion at its end; one that acts as an account deletes itself, see compute_removal.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.empty_pb2 import Empty
from yandex.cloud.compute.v1 import disk_service_pb2 as disk_requests
from yandex.cloud.compute.v1 import instance_pb2 as shapes
from yandex.cloud.compute.v1 import instance_service_pb2 as requests
from yandex.cloud.compute.v1.disk_service_pb2_grpc import DiskServiceStub
from yandex.cloud.compute.v1.instance_service_pb2_grpc import InstanceServiceStub
from yandex.cloud.operation.operation_pb2 import Operation

from emel.clouds.base import Outside
from emel.clouds.yandex import compute_machines as machines
from emel.clouds.yandex.compute_places import Places, Subnet
from emel.clouds.yandex.compute_refusals import explained, is_of_zone, no_zone, vanished
from emel.clouds.yandex.compute_removal import delete_command, let_delete_itself
from emel.clouds.yandex.compute_sizes import Size, image_of, quotas_of, size_of
from emel.clouds.yandex.place import session_of, settings_of
from emel.clouds.yandex.quotas import find_quota
from emel.clouds.yandex.refusals import ALREADY_EXISTS, NOT_FOUND, Refusal
from emel.clouds.yandex.session import OPERATION_SECONDS, Connect, Session
from emel.errors import DeployError
from emel.records import Machine, MachineBoot, MachineShape, MachineWanted, YandexMachines
from emel.system.clock import Clock

POLL_SECONDS, LONGEST_POLL_SECONDS = 1.0, 5.0
SPOT_SECONDS = 24 * 3600.0
"""After so long the cloud stops a preemptible machine (documentation, «Preemptible VMs»)."""
# Of the T4 cards the documentation is silent, and users report different zones; this one is tried first.
_FIRST_ZONES = {"t4": "ru-central1-d", "t4i": "ru-central1-d"}


def open_compute(_: Path, outside: Outside, connect: Connect | None = None) -> YandexCompute:
    """The machines in the folder that [yandex] or YC_FOLDER_ID names. `connect` makes the SDK."""
    session, machines = session_of(outside, connect), outside.yandex_machines
    places = Places(session, settings_of(outside).folder, machines)
    made = YandexCompute(session, places, machines, outside.clock, outside.tell)
    if machines.service_account:
        made.delete_command = delete_command(outside.yandex.endpoint.partition(":")[0])
    return made


class YandexCompute:
    """See emel.clouds.base.Compute. Calls that change something wait for their operations."""

    token_command = (
        "curl -fsS --retry 5 -H 'Metadata-Flavor: Google' "
        f"http://169.254.169.254/computeMetadata/v1/instance/attributes/{machines.SECRET}"
    )

    delete_command = ""

    def __init__(
        self,
        session: Session,
        places: Places,
        settings: YandexMachines,
        clock: Clock,
        tell: Callable[[str], None],
    ) -> None:
        self._session = session
        self._places = places
        self._settings = settings
        self._clock = clock
        self._tell = tell

    def shape(self, wanted: MachineWanted) -> MachineShape:
        size = size_of(wanted)
        image = self._places.image(self._family(wanted.gpu))
        if wanted.disk < image.gigabytes:
            raise DeployError(
                f"a disk of {wanted.disk} GB is too small for the image {self._family(wanted.gpu)}",
                hint=f"--disk {image.gigabytes}, or disk in [train.machine]",
            )
        self._check_quotas(size, wanted.gpu)
        subnets = self._places.subnets(wanted.zones)
        if not wanted.zones and not self._settings.subnets:
            subnets.sort(key=lambda subnet: subnet.zone != _FIRST_ZONES.get(wanted.gpu or ""))
        return MachineShape(
            cloud="yandex",
            platform=size.platform,
            cpus=size.cpus,
            memory=size.memory,
            gpu=wanted.gpu,
            gpus=size.gpus,
            spot=wanted.spot,
            disk=wanted.disk,
            disk_type=machines.DISK_TYPE,
            public_address=not all(subnet.has_way_out for subnet in subnets),
            zones=tuple(subnet.zone for subnet in subnets),
            longest_life=SPOT_SECONDS if wanted.spot else None,
        )

    def create(
        self, name: str, shape: MachineShape, boot: MachineBoot, secret: str, labels: Mapping[str, str]
    ) -> Machine:
        """See emel.clouds.base.Compute. What a zone without room left is removed before the next is tried."""
        if not machines.NAME.fullmatch(name):
            raise DeployError(
                f"{name!r} cannot be the name of a machine",
                hint="use up to 63 lower-case letters, digits, hyphens and underscores, with a letter first",
            )
        standing = self._standing(name)
        if standing is not None:
            return self._made(standing)
        self._delete_disk(name)
        image = self._places.image(self._family(shape.gpu))
        refused: dict[str, Refusal] = {}
        for subnet in self._places.subnets(shape.zones):
            request = machines.creation(
                name,
                shape,
                boot,
                secret,
                labels,
                folder=self._places.folder,
                subnet=subnet,
                image=image,
                machines=self._settings,
            )
            try:
                return self._made(self._create_in(subnet, request))
            except Refusal as problem:
                if not is_of_zone(problem):
                    raise explained(problem, shape) from None
                self._tell(f"not in {subnet.zone}: {problem.message}")
                refused[subnet.zone] = problem
                self._clear(name, subnet.zone)
        raise no_zone(refused, shape)

    def forget_secret(self, name: str) -> None:
        proto = self._ours(name)
        if proto is None or not self._holds_secret(proto.id):
            return
        request = requests.UpdateInstanceMetadataRequest(instance_id=proto.id, delete=[machines.SECRET])
        try:
            started = self._session.change(InstanceServiceStub, "UpdateMetadata", request)
            self._session.wait(started, shapes.Instance(), "forget the secret")
        except Refusal:
            # Removed twice, when an answer was lost; or the machine has gone with it.
            if self._holds_secret(proto.id):
                raise

    def find(self, name: str) -> Machine | None:
        proto = self._ours(name)
        return machines.record(proto) if proto is not None else None

    def machines(self) -> Sequence[Machine]:
        request = requests.ListInstancesRequest(folder_id=self._places.folder, page_size=1000)
        found = self._session.pages(InstanceServiceStub, "List", request, "instances")
        ours = [proto for proto in found if machines.is_ours(proto)]
        ours.sort(key=lambda proto: proto.created_at.ToNanoseconds())
        return [machines.record(proto) for proto in ours]

    def boot_log(self, name: str) -> str:
        proto = self._ours(name)
        if proto is None:
            return ""
        request = requests.GetInstanceSerialPortOutputRequest(instance_id=proto.id, port=1)
        try:
            return str(self._session.read(InstanceServiceStub, "GetSerialPortOutput", request).contents)
        except Refusal as problem:
            if problem.code != NOT_FOUND:
                raise
            return ""

    def delete(self, name: str) -> None:
        proto = self._ours(name)
        if proto is not None:
            self._delete_instance(proto)
        self._delete_disk(name)

    def _made(self, proto: Any) -> Machine:
        if self._settings.service_account:
            let_delete_itself(self._session, proto.id, self._settings.service_account, self._tell)
        return machines.record(proto)

    def _family(self, gpu: str | None) -> str:
        return self._settings.image_family or image_of(gpu)

    def _check_quotas(self, size: Size, gpu: str | None) -> None:
        """Errors: DeployError where the cloud has too little even when nothing else is there."""
        for quota, needed in quotas_of(size, gpu):
            limit = self._limit(quota)
            if limit is not None and limit < needed:
                raise DeployError(
                    f"the machine needs {needed} of the cloud's quota {quota}, which is {limit:g}",
                    hint="ask for more on the cloud's page «Quotas»"
                    + (": in a new cloud it is 0 for each card" if gpu else ", or take a smaller machine"),
                )

    def _limit(self, quota: str) -> float | None:
        try:
            found = find_quota(self._session, self._places.folder, quota)
        except Refusal:
            # A launch does not fail for want of this look: the cloud itself refuses what goes beyond.
            return None
        return found.limit if found else None

    def _standing(self, name: str) -> Any:
        """The machine of this name, once it runs or has run; None when there is none that could."""
        proto = self._by_name(name)
        if proto is None:
            return None
        if not machines.is_ours(proto):
            raise DeployError(
                f"the folder has a machine {name} that emel did not make", hint="choose another name"
            )
        proto = self._settled(proto)
        if proto is None or proto.status == shapes.Instance.ERROR:
            # What an earlier try left.
            self.delete(name)
            return None
        return proto

    def _create_in(self, subnet: Subnet, request: Any) -> Any:
        """The machine, which runs. Errors: Refusal."""
        self._tell(f"creating machine {request.name} in {subnet.zone}")
        try:
            started = self._session.change(
                InstanceServiceStub, "Create", request, arrived=lambda: self._ours(request.name)
            )
        except Refusal as problem:
            # Another launch may have been a moment faster.
            started = self._ours(request.name) if problem.code == ALREADY_EXISTS else None
            if started is None:
                raise
        if isinstance(started, Operation):
            started = self._session.wait(started, shapes.Instance(), "create the machine")
        proto = self._settled(started)
        if proto is None or proto.status == shapes.Instance.ERROR:
            raise vanished(request.name)
        return proto

    def _clear(self, name: str, zone: str) -> None:
        """Remove what a try in a zone has left. In another zone another launch may have succeeded."""
        proto = self._ours(name)
        if proto is None or proto.zone_id == zone:
            self.delete(name)

    def _settled(self, proto: Any) -> Any:
        """The machine when it no longer begins, nor is being deleted; None when it has gone."""
        ends, pause = self._clock.monotonic() + OPERATION_SECONDS, POLL_SECONDS
        request = requests.GetInstanceRequest(instance_id=proto.id)
        while proto.status in (*machines.BEGINNING, shapes.Instance.DELETING):
            if self._clock.monotonic() > ends:
                raise DeployError(
                    f"machine {proto.name} neither runs nor goes after {OPERATION_SECONDS:g} s",
                    hint=f"look at it with `yc compute instance get {proto.id}`",
                )
            self._clock.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL_SECONDS)
            try:
                proto = self._session.read(InstanceServiceStub, "Get", request)
            except Refusal as problem:
                if problem.code == NOT_FOUND:
                    return None
                raise
        return proto

    def _holds_secret(self, identifier: str) -> bool:
        request = requests.GetInstanceRequest(instance_id=identifier, view=requests.FULL)
        try:
            return machines.SECRET in self._session.read(InstanceServiceStub, "Get", request).metadata
        except Refusal as problem:
            if problem.code == NOT_FOUND:
                return False
            raise

    def _delete_instance(self, proto: Any) -> None:
        if proto.status == shapes.Instance.DELETING:
            self._settled(proto)
            return
        self._tell(f"deleting machine {proto.name}")
        request = requests.DeleteInstanceRequest(instance_id=proto.id)
        try:
            started = self._session.change(
                InstanceServiceStub, "Delete", request, arrived=lambda: self._leaving(proto.id)
            )
            if isinstance(started, Operation):
                self._session.wait(started, Empty(), "delete the machine")
            else:
                self._settled(started)
        except Refusal as problem:
            if problem.code != NOT_FOUND:
                raise

    def _leaving(self, identifier: str) -> Any:
        """The machine, if it is being deleted; else None. Errors: Refusal when it has gone."""
        proto = self._session.read(
            InstanceServiceStub, "Get", requests.GetInstanceRequest(instance_id=identifier)
        )
        return proto if proto.status == shapes.Instance.DELETING else None

    def _delete_disk(self, name: str) -> None:
        """Remove the disk of a machine of this name that is gone: a failed creation may have left it."""
        if not machines.NAME.fullmatch(name):
            return
        request = disk_requests.ListDisksRequest(folder_id=self._places.folder, filter=f'name="{name}"')
        for disk in self._session.read(DiskServiceStub, "List", request).disks:
            if not machines.is_left_over(disk, name):
                continue
            removal = disk_requests.DeleteDiskRequest(disk_id=disk.id)
            try:
                started = self._session.change(DiskServiceStub, "Delete", removal)
                self._session.wait(started, Empty(), "delete the disk")
            except Refusal as problem:
                if problem.code != NOT_FOUND:
                    raise

    def _ours(self, name: str) -> Any:
        """The machine of this name as the cloud has it, if it is there and emel's; else None."""
        proto = self._by_name(name)
        return proto if proto is not None and machines.is_ours(proto) else None

    def _by_name(self, name: str) -> Any:
        """The machine of this name, whoever made it; else None."""
        if not machines.NAME.fullmatch(name):
            return None
        request = requests.ListInstancesRequest(folder_id=self._places.folder, filter=f'name="{name}"')
        found = self._session.read(InstanceServiceStub, "List", request).instances
        return next((proto for proto in found if proto.name == name), None)
