"""InstanceService: machines, their disks, and what befalls them. Source: cloudapi, yandex/cloud/compute/v1.

What a refusal says and when it comes is as the users of the API report it; see compute_rules.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import yaml
from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import Message
from tests.fakes.yandex.compute_places import PlaceState
from tests.fakes.yandex.compute_rules import check_creation, check_quotas
from tests.fakes.yandex.pages import page
from tests.fakes.yandex.state import FOLDER, Refused, State

from yandex.cloud.access import access_pb2 as access
from yandex.cloud.compute.v1 import disk_pb2 as disks
from yandex.cloud.compute.v1 import instance_pb2 as shapes
from yandex.cloud.compute.v1 import instance_service_pb2 as requests
from yandex.cloud.compute.v1.instance_service_pb2_grpc import InstanceServiceServicer

PREEMPTIBLE_HOURS = 24
NOT_FOUND = grpc.StatusCode.NOT_FOUND


@dataclass
class Machines:
    """The machines of the cloud. Tests read and change it freely."""

    instances: dict[str, Any] = field(default_factory=dict)
    disks: dict[str, Any] = field(default_factory=dict)
    consoles: dict[str, str] = field(default_factory=dict)
    """Identifier of an instance → what it wrote on its serial port."""
    bindings: dict[str, list[Any]] = field(default_factory=dict)
    """Identifier of an instance → the roles that were given on it alone."""
    full_zones: set[str] = field(default_factory=set)
    """Zones that have no room: a creation there is taken, and its operation fails."""
    lacking: dict[str, set[str]] = field(default_factory=dict)
    """Platform → zones that do not have it."""
    on_boot: Callable[[Any], None] = lambda instance: None
    """Hears of an instance that has just booted."""
    left_by_failure: str = ""
    """What a creation that fails leaves: nothing, a `disk`, or the whole `machine` in the status ERROR."""

    def named(self, name: str) -> Any:
        """The instance of this name. Errors: KeyError."""
        found = (one for one in self.instances.values() if one.name == name)
        one = next(found, None)
        if one is None:
            raise KeyError(name)
        return one

    def remove(self, identifier: str) -> None:
        """Delete an instance that may have gone, with its disk where that goes with it."""
        instance = self.instances.pop(identifier, None)
        if instance is None:
            return
        self.consoles.pop(identifier, None)
        self.bindings.pop(identifier, None)
        disk = self.disks[instance.boot_disk.disk_id]
        disk.ClearField("instance_ids")
        if instance.boot_disk.auto_delete:
            del self.disks[disk.id]


class InstanceServicer(InstanceServiceServicer):
    """Also what happens to machines from outside: `power_off`, `preempt`, `pass_time`, `write`."""

    def __init__(self, state: State, machines: Machines, places: PlaceState) -> None:
        self._state = state
        self._machines = machines
        self._places = places

    def Create(self, request: Any, context: object) -> Message:
        check_creation(request, self._state, self._places)
        machines = self._machines
        for kind, found, name in (
            ("Instance", machines.instances, request.name),
            ("Disk", machines.disks, request.boot_disk_spec.disk_spec.name),
        ):
            if name and any(one.name == name for one in found.values()):
                raise Refused(grpc.StatusCode.ALREADY_EXISTS, f"{kind} with name {name} already exists")
        if request.zone_id in machines.lacking.get(request.platform_id, ()):
            text = f'platform "{request.platform_id}" is unavailable in zone "{request.zone_id}"'
            raise Refused(grpc.StatusCode.FAILED_PRECONDITION, text)
        check_quotas(request, self._state, machines.instances.values(), machines.disks.values())
        instance, disk = self._begin(request)

        def finish() -> Message:
            if instance.id not in machines.instances or instance.status == shapes.Instance.DELETING:
                raise Refused(grpc.StatusCode.CANCELLED, "Operation was cancelled")
            if request_zone in machines.full_zones:
                self._fail(instance, disk)
            disk.status = disks.Disk.READY
            instance.status = shapes.Instance.RUNNING
            self._boot(instance)
            return self._shown(instance, full=False)

        request_zone = str(request.zone_id)
        return self._state.begin(
            requests.CreateInstanceMetadata(instance_id=instance.id), finish, "Create instance"
        )

    def Get(self, request: Any, context: object) -> Message:
        instance = self._stored(request.instance_id)
        return self._shown(instance, full=request.view == requests.FULL)

    def List(self, request: Any, context: object) -> Message:
        # Nothing documents the order; the newest come first here so that no one relies on any.
        found = list(reversed(self._machines.instances.values()))
        if request.filter:
            named = re.fullmatch(r'name\s*=\s*"([^"]*)"', request.filter)
            if named is None:
                raise Refused(grpc.StatusCode.INVALID_ARGUMENT, f"Bad filter: {request.filter}")
            found = [one for one in found if one.name == named[1]]
        shown, following = page(found, request, self._state)
        return requests.ListInstancesResponse(
            instances=[self._shown(one, full=False) for one in shown], next_page_token=following
        )

    def Delete(self, request: Any, context: object) -> Message:
        instance = self._stored(request.instance_id)
        if instance.status == shapes.Instance.DELETING:
            raise Refused(grpc.StatusCode.FAILED_PRECONDITION, f"Instance {instance.id} is being deleted")
        instance.status = shapes.Instance.DELETING

        def finish() -> Message:
            self._machines.remove(instance.id)
            return Empty()

        metadata = requests.DeleteInstanceMetadata(instance_id=instance.id)
        return self._state.begin(metadata, finish, "Delete instance")

    def UpdateMetadata(self, request: Any, context: object) -> Message:
        instance = self._stored(request.instance_id)
        missing = [key for key in request.delete if key not in instance.metadata]
        if missing:
            # Not documented; strict here so that no one relies on the contrary.
            raise Refused(grpc.StatusCode.INVALID_ARGUMENT, f"No such metadata keys: {', '.join(missing)}")
        keys, upsert = list(request.delete), dict(request.upsert)

        def finish() -> Message:
            for key in keys:
                instance.metadata.pop(key, None)
            instance.metadata.update(upsert)
            return self._shown(instance, full=False)

        metadata = requests.UpdateInstanceMetadataMetadata(instance_id=instance.id)
        return self._state.begin(metadata, finish, "Update instance metadata")

    def UpdateAccessBindings(self, request: Any, context: object) -> Message:
        instance = self._stored(request.resource_id)
        held = self._machines.bindings.setdefault(instance.id, [])

        def finish() -> Message:
            held.extend(delta.access_binding for delta in request.access_binding_deltas)
            return access.AccessBindingsOperationResult(effective_deltas=request.access_binding_deltas)

        metadata = access.UpdateAccessBindingsMetadata(resource_id=instance.id)
        return self._state.begin(metadata, finish, "Update access bindings")

    def delete_by(self, account: str, identifier: str) -> bool:
        """Delete a machine at the wish of a service account. Whether it may: by a role on the machine."""
        with self._state.lock:
            held = self._machines.bindings.get(identifier, ())
            mine = any(one.role_id == "compute.editor" and one.subject.id == account for one in held)
            if mine and identifier in self._machines.instances:
                self._machines.remove(identifier)
            return mine

    def GetSerialPortOutput(self, request: Any, context: object) -> Message:
        self._stored(request.instance_id)
        text = self._machines.consoles.get(request.instance_id, "")
        return requests.GetInstanceSerialPortOutputResponse(contents=text)

    def power_off(self, name: str) -> None:
        """The machine has shut itself down."""
        with self._state.lock:
            self._machines.named(name).status = shapes.Instance.STOPPED

    def preempt(self, name: str) -> None:
        """The cloud takes a preemptible machine away, which keeps its disk."""
        with self._state.lock:
            instance = self._machines.named(name)
            if not instance.scheduling_policy.preemptible:
                raise ValueError(f"{name} is not preemptible")
            instance.status = shapes.Instance.STOPPED

    def pass_time(self, hours: float) -> None:
        """Put the cloud's clock forward; preemptible machines that have run for 24 hours stop."""
        with self._state.lock:
            self._state.ahead += timedelta(hours=hours)
            ends = self._state.now().ToDatetime(UTC) - timedelta(hours=PREEMPTIBLE_HOURS)
            for instance in self._machines.instances.values():
                old = _datetime(instance.created_at) <= ends
                if old and instance.scheduling_policy.preemptible:
                    instance.status = shapes.Instance.STOPPED

    def write(self, name: str, text: str) -> None:
        """The machine writes on its serial port."""
        with self._state.lock:
            identifier = self._machines.named(name).id
            self._machines.consoles[identifier] = self._machines.consoles.get(identifier, "") + text

    def _begin(self, request: Any) -> tuple[Any, Any]:
        moment, spec = self._state.now(), request.boot_disk_spec.disk_spec
        instance = shapes.Instance(
            id=self._state.new_id("fhm"),
            folder_id=FOLDER,
            created_at=moment,
            status=shapes.Instance.PROVISIONING,
            resources=shapes.Resources(
                memory=request.resources_spec.memory,
                cores=request.resources_spec.cores,
                core_fraction=request.resources_spec.core_fraction,
                gpus=request.resources_spec.gpus,
            ),
            network_interfaces=[_interface(one) for one in request.network_interface_specs],
            **{
                name: getattr(request, name)
                for name in ("name", "description", "labels", "zone_id", "platform_id", "metadata")
            },
            scheduling_policy=request.scheduling_policy,
            service_account_id=request.service_account_id,
            metadata_options=request.metadata_options,
        )
        disk = disks.Disk(
            id=self._state.new_id("fhm"),
            folder_id=FOLDER,
            created_at=moment,
            name=spec.name,
            description=spec.description,
            type_id=spec.type_id,
            zone_id=request.zone_id,
            size=spec.size,
            source_image_id=spec.image_id,
            status=disks.Disk.CREATING,
            instance_ids=[instance.id],
        )
        instance.boot_disk.disk_id = disk.id
        instance.boot_disk.auto_delete = request.boot_disk_spec.auto_delete
        self._machines.instances[instance.id] = instance
        self._machines.disks[disk.id] = disk
        return instance, disk

    def _boot(self, instance: Any) -> None:
        """As much of cloud-init as the commands that echo something."""
        config = yaml.safe_load(instance.metadata.get("user-data", "")) or {}
        said = [" ".join(one[1:]) for one in config.get("runcmd", ()) if one[0] == "echo"]
        self._machines.consoles[instance.id] = "".join(f"{line}\n" for line in ("Linux boots", *said))
        self._machines.on_boot(instance)

    def _fail(self, instance: Any, disk: Any) -> None:
        machines, left = self._machines, self._machines.left_by_failure
        disk.status = disks.Disk.READY
        instance.status = shapes.Instance.ERROR
        if left != "machine":
            del machines.instances[instance.id]
            disk.ClearField("instance_ids")
        if not left:
            del machines.disks[disk.id]
        text = f"Not enough resources in zone {instance.zone_id}"
        raise Refused(grpc.StatusCode.RESOURCE_EXHAUSTED, text)

    def _shown(self, instance: Any, *, full: bool) -> Any:
        """A copy; only the full view has the metadata."""
        shown = shapes.Instance()
        shown.CopyFrom(instance)
        if not full:
            shown.ClearField("metadata")
        return shown

    def _stored(self, identifier: str) -> Any:
        found = self._machines.instances.get(identifier)
        if found is None:
            raise Refused(NOT_FOUND, f"Instance {identifier} not found")
        return found


def _interface(spec: Any) -> Any:
    address = shapes.PrimaryAddress(address="10.128.0.7")
    if spec.primary_v4_address_spec.HasField("one_to_one_nat_spec"):
        address.one_to_one_nat.address = "192.0.2.7"
        address.one_to_one_nat.ip_version = shapes.IPV4
    return shapes.NetworkInterface(
        subnet_id=spec.subnet_id,
        primary_v4_address=address,
        security_group_ids=spec.security_group_ids,
    )


def _datetime(stamp: Any) -> datetime:
    moment: datetime = stamp.ToDatetime(UTC)
    return moment
