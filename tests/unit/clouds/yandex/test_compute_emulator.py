"""The emulator keeps Compute Cloud's rules, else what passes on it proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
import yandexcloud
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.state import FOLDER
from yandex.cloud.compute.v1 import disk_service_pb2 as disk_requests
from yandex.cloud.compute.v1 import instance_pb2 as shapes
from yandex.cloud.compute.v1 import instance_service_pb2 as requests
from yandex.cloud.compute.v1.disk_service_pb2_grpc import DiskServiceStub
from yandex.cloud.compute.v1.instance_service_pb2_grpc import InstanceServiceStub

GB = 2**30


@pytest.fixture
def instances(emulator: Emulator) -> Any:
    return _sdk(emulator).client(InstanceServiceStub)


def _sdk(emulator: Emulator) -> Any:
    return yandexcloud.SDK(
        endpoint=emulator.endpoint, iam_token=emulator.token(), root_certificates=emulator.root_certificates
    )


def good() -> Any:
    spec = requests.AttachedDiskSpec.DiskSpec(name="m1", size=30 * GB, image_id="fd8ubuntu-2404-lts")
    return requests.CreateInstanceRequest(
        folder_id=FOLDER,
        name="m1",
        zone_id="ru-central1-a",
        platform_id="standard-v3",
        resources_spec=requests.ResourcesSpec(memory=8 * GB, cores=2),
        boot_disk_spec=requests.AttachedDiskSpec(auto_delete=True, disk_spec=spec),
        network_interface_specs=[requests.NetworkInterfaceSpec(subnet_id="e9bru-central1-a")],
    )


def refused(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(grpc.RpcError) as problem:
        call()
    return problem.value.code().name, problem.value.details()


def _set(path: str, value: Any) -> Callable[[Any], None]:
    def change(request: Any) -> None:
        *parents, last = path.split(".")
        for name in parents:
            request = request[int(name)] if name.isdigit() else getattr(request, name)
        setattr(request, last, value)

    return change


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (_set("zone_id", ""), "INVALID_ARGUMENT", "zone_id: is required"),
        (_set("name", "M1"), "INVALID_ARGUMENT", "name: 'M1'"),
        (lambda it: it.labels.update({"a": "B"}), "INVALID_ARGUMENT", "labels: 'a': 'B'"),
        (
            lambda it: it.metadata.update({"user-data": "x" * 270_000}),
            "INVALID_ARGUMENT",
            "metadata: is too large",
        ),
        (lambda it: it.ClearField("network_interface_specs"), "INVALID_ARGUMENT", "is required"),
        (_set("resources_spec.cores", 3), "INVALID_ARGUMENT", "no 3 cores with 8 GB"),
        (_set("resources_spec.memory", 7 * GB), "INVALID_ARGUMENT", "no 2 cores with 7 GB"),
        (_set("resources_spec.gpus", 1), "INVALID_ARGUMENT", "and 1 GPUs"),
        (_set("platform_id", "standard-v9"), "FAILED_PRECONDITION", "not found"),
        (_set("network_interface_specs.0.subnet_id", "e9bru-central1-b"), "INVALID_ARGUMENT", "another zone"),
        (_set("network_interface_specs.0.subnet_id", "e9b"), "NOT_FOUND", "Subnet e9b"),
        (_set("boot_disk_spec.disk_spec.image_id", "fd8"), "NOT_FOUND", "Image fd8"),
        (_set("boot_disk_spec.disk_spec.size", 5 * GB), "INVALID_ARGUMENT", "less than the minimum"),
        (_set("service_account_id", "aje"), "INVALID_ARGUMENT", "Service account aje is not available"),
    ],
)
def test_a_bad_request_is_refused(
    emulator: Emulator, instances: Any, change: Callable[[Any], None], code: str, said: str
) -> None:
    request = good()
    change(request)
    found, text = refused(lambda: instances.Create(request))
    assert (found, said in text) == (code, True), text
    assert (emulator.machines.instances, emulator.machines.disks) == ({}, {})


def test_names_of_machines_and_of_disks_are_taken_once(emulator: Emulator, instances: Any) -> None:
    instances.Create(good())
    emulator.state.settle()
    assert refused(lambda: instances.Create(good())) == (
        "ALREADY_EXISTS",
        "Instance with name m1 already exists",
    )
    second = good()
    second.name = "m2"
    assert refused(lambda: instances.Create(second))[1] == "Disk with name m1 already exists"


def test_a_machine_is_provisioned_then_runs_and_only_the_full_view_has_its_metadata(
    emulator: Emulator, instances: Any
) -> None:
    request = good()
    request.metadata["emel-secret"] = "x"
    instances.Create(request)
    [listed] = instances.List(requests.ListInstancesRequest(folder_id=FOLDER)).instances
    assert (listed.status, dict(listed.metadata)) == (shapes.Instance.PROVISIONING, {})
    emulator.state.settle()
    full = instances.Get(requests.GetInstanceRequest(instance_id=listed.id, view=requests.FULL))
    assert (full.status, dict(full.metadata)) == (shapes.Instance.RUNNING, {"emel-secret": "x"})


def test_a_disk_that_a_machine_has_is_not_deleted_alone(emulator: Emulator, instances: Any) -> None:
    request = good()
    request.boot_disk_spec.auto_delete = False
    instances.Create(request)
    emulator.state.settle()
    disks, [disk] = _sdk(emulator).client(DiskServiceStub), emulator.machines.disks.values()
    removal = disk_requests.DeleteDiskRequest(disk_id=disk.id)
    assert refused(lambda: disks.Delete(removal))[0] == "FAILED_PRECONDITION"

    [machine] = emulator.machines.instances.values()
    instances.Delete(requests.DeleteInstanceRequest(instance_id=machine.id))
    emulator.state.settle()
    assert list(emulator.machines.disks.values()) == [disk], "without auto_delete it stays"
    disks.Delete(removal)
    emulator.state.settle()
    assert emulator.machines.disks == {}


def test_only_a_preemptible_machine_is_taken_away(emulator: Emulator, instances: Any) -> None:
    instances.Create(good())
    emulator.state.settle()
    with pytest.raises(ValueError, match="m1 is not preemptible"):
        emulator.compute.preempt("m1")
    emulator.compute.pass_time(hours=1000)
    assert emulator.machines.named("m1").status == shapes.Instance.RUNNING
