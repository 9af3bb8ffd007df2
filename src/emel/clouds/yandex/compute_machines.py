"""How a machine is asked for in Yandex Cloud's own terms, and how one is read.

Sources: cloudapi, yandex/cloud/compute/v1/instance_service.proto and instance.proto; documentation of Compute
Cloud, «VM statuses», «Metadata folders» and «Keys processed in public images».
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from yandex.cloud.compute.v1 import disk_pb2 as disks
from yandex.cloud.compute.v1 import instance_pb2 as shapes
from yandex.cloud.compute.v1 import instance_service_pb2 as requests

from emel.clouds.yandex.compute_places import Image, Subnet
from emel.records import Machine, MachineBoot, MachineShape, MachineState, YandexMachines

LABELS = {"emel": "runner"}
NAME = re.compile(r"[a-z]([-_a-z0-9]{0,61}[a-z0-9])?")
SECRET = "emel-secret"
"""The key of the metadata that holds the secret."""
DISK_TYPE = "network-ssd"
DISK_OF = "The disk of a machine that emel made to train on"
"""The description of the disk: disks are made without labels."""
_GB = 2**30
_STATES: dict[int, MachineState] = {
    shapes.Instance.PROVISIONING: "starting",
    shapes.Instance.STARTING: "starting",
    shapes.Instance.RESTARTING: "starting",
    # The cloud starts it again by itself.
    shapes.Instance.CRASHED: "starting",
    shapes.Instance.RUNNING: "running",
    shapes.Instance.UPDATING: "running",
    shapes.Instance.STOPPING: "stopping",
    shapes.Instance.DELETING: "stopping",
}
BEGINNING = (shapes.Instance.PROVISIONING, shapes.Instance.STARTING, shapes.Instance.RESTARTING)
"""The statuses of a machine that is on its way to run."""


def creation(
    name: str,
    shape: MachineShape,
    boot: MachineBoot,
    secret: str,
    labels: Mapping[str, str],
    *,
    folder: str,
    subnet: Subnet,
    image: Image,
    machines: YandexMachines,
) -> Any:
    """The request for a machine in the zone of `subnet`."""
    return requests.CreateInstanceRequest(
        folder_id=folder,
        name=name,
        description="A machine that emel made to train on",
        labels={**labels, **LABELS},
        zone_id=subnet.zone,
        platform_id=shape.platform,
        resources_spec=requests.ResourcesSpec(
            memory=shape.memory * _GB, cores=shape.cpus, core_fraction=100, gpus=shape.gpus
        ),
        # What the serial port writes can be read all the same; this closes the console that takes input.
        metadata={"user-data": boot.user_data, SECRET: secret, "serial-port-enable": "0"},
        metadata_options=_metadata_options(machines.service_account),
        boot_disk_spec=requests.AttachedDiskSpec(
            mode=requests.AttachedDiskSpec.READ_WRITE,
            auto_delete=True,
            disk_spec=requests.AttachedDiskSpec.DiskSpec(
                name=name,
                description=DISK_OF,
                type_id=shape.disk_type,
                size=shape.disk * _GB,
                image_id=image.id,
            ),
        ),
        network_interface_specs=[
            requests.NetworkInterfaceSpec(
                subnet_id=subnet.id,
                primary_v4_address_spec=_address(needs_public=not subnet.has_way_out),
                security_group_ids=machines.security_groups,
            )
        ],
        scheduling_policy=shapes.SchedulingPolicy(preemptible=shape.spot),
        service_account_id=machines.service_account or "",
    )


def is_ours(proto: Any) -> bool:
    """Whether a machine carries emel's label."""
    return all(proto.labels.get(key) == value for key, value in LABELS.items())


def is_left_over(disk: Any, name: str) -> bool:
    """Whether a disk is that of emel's machine `name`, and no machine has it."""
    if disk.name != name or disk.description != DISK_OF:
        return False
    return not disk.instance_ids and disk.status != disks.Disk.DELETING


def record(proto: Any) -> Machine:
    """A machine as the cloud has it. One that is broken counts as stopped: only its disk is billed."""
    return Machine(
        name=proto.name,
        id=proto.id,
        cloud="yandex",
        state=_STATES.get(proto.status, "stopped"),
        zone=proto.zone_id,
        created_at=proto.created_at.ToJsonString(),
        spot=proto.scheduling_policy.preemptible,
        labels=dict(proto.labels),
    )


def _metadata_options(service_account: str | None) -> Any:
    """The images' cloud-init reads user data at the address that is AWS's, our command at Google's.

    Tokens of the service account are to be had only where the user has named one.
    """
    on, off = shapes.ENABLED, shapes.DISABLED
    return shapes.MetadataOptions(
        gce_http_endpoint=on,
        aws_v1_http_endpoint=on,
        gce_http_token=on if service_account else off,
        aws_v1_http_token=off,
        aws_v2_http_token=off,
    )


def _address(*, needs_public: bool) -> Any:
    if not needs_public:
        return requests.PrimaryAddressSpec()
    nat = requests.OneToOneNatSpec(ip_version=shapes.IPV4)
    return requests.PrimaryAddressSpec(one_to_one_nat_spec=nat)
