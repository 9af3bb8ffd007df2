"""Machines that are refused, lost, or half made: what is tried next, what is left, what the user is told."""

from __future__ import annotations

import grpc
import pytest
from tests.fakes.clocks import HastyClock
from tests.fakes.compute import BOOT
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated_compute
from tests.fakes.yandex.state import SERVICE_ACCOUNT, Fault
from yandex.cloud.compute.v1 import instance_pb2 as shapes

from emel.clouds.yandex.compute import YandexCompute
from emel.errors import DeployError
from emel.records import Machine, MachineWanted, YandexMachines

SECRET = "glrt-very-secret"
SMALL = MachineWanted()
UNAVAILABLE, EXHAUSTED = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED


def create(compute: YandexCompute, name: str = "emel-7-1", wanted: MachineWanted = SMALL) -> Machine:
    return compute.create(name, compute.shape(wanted), BOOT, SECRET, {})


@pytest.mark.parametrize("left", ["", "disk", "machine"])
def test_a_zone_without_room_is_followed_by_the_next_and_leaves_nothing(
    emulator: Emulator, left: str
) -> None:
    emulator.machines.full_zones = {"ru-central1-a", "ru-central1-b"}
    emulator.machines.left_by_failure = left
    told = list[str]()
    assert create(emulated_compute(emulator, tell=told.append)).zone == "ru-central1-d"
    assert (len(emulator.machines.instances), len(emulator.machines.disks)) == (1, 1)
    assert "not in ru-central1-a: Not enough resources in zone ru-central1-a" in told


def test_a_zone_that_lacks_the_platform_is_followed_by_the_next(emulator: Emulator) -> None:
    emulator.state.quotas["compute.instanceT4Gpus.count"] = 1
    emulator.machines.lacking = {"standard-v3-t4": {"ru-central1-d", "ru-central1-a"}}
    wanted = MachineWanted(cpus=4, memory=16, gpu="t4", gpus=1)
    assert create(emulated_compute(emulator), wanted=wanted).zone == "ru-central1-b"


def test_where_no_zone_has_room_each_reason_is_told_and_nothing_is_left(emulator: Emulator) -> None:
    emulator.machines.full_zones = {"ru-central1-a", "ru-central1-d"}
    emulator.machines.lacking = {"standard-v3": {"ru-central1-b"}}
    emulator.machines.left_by_failure = "machine"
    with pytest.raises(DeployError) as problem:
        create(emulated_compute(emulator), wanted=MachineWanted(spot=True))
    assert "ru-central1-a: Not enough resources in zone ru-central1-a" in problem.value.message
    assert 'ru-central1-b: platform "standard-v3" is unavailable' in problem.value.message
    assert "without --spot" in str(problem.value.hint)
    assert SECRET not in f"{problem.value}{problem.value.hint}"
    assert (emulator.machines.instances, emulator.machines.disks) == ({}, {})


@pytest.mark.parametrize(
    ("quota", "wanted", "named"),
    [
        ("compute.instances.count", SMALL, "compute.instances.count"),
        ("compute.instanceCores.count", SMALL, "compute.instanceCores.count"),
        ("compute.instanceMemory.size", SMALL, "compute.instanceMemory.size"),
        ("compute.ssdDisks.size", SMALL, "compute.ssdDisks.size"),
        (
            "compute.instanceT4Gpus.count",
            MachineWanted(cpus=4, memory=16, gpu="t4", gpus=1),
            "compute.instanceT4Gpus.count",
        ),
    ],
)
def test_a_quota_that_is_used_up_is_named(
    emulator: Emulator, quota: str, wanted: MachineWanted, named: str
) -> None:
    emulator.state.quotas["compute.instanceT4Gpus.count"] = 1
    told = list[str]()
    compute = emulated_compute(emulator, tell=told.append)
    shape = compute.shape(wanted)
    emulator.state.quotas[quota] = 0
    with pytest.raises(DeployError, match="The limit on") as problem:
        compute.create("emel-7-1", shape, BOOT, SECRET, {})
    zones = [text for text in told if text.startswith("not in")]
    assert len(zones) == (3 if wanted.gpu else 0), "of cards a zone may have a quota of its own"
    assert problem.value.message.count("The limit on") == 1
    assert named in str(problem.value.hint)


@pytest.mark.parametrize("role", ["compute.editor", "vpc.publicAdmin"])
def test_a_missing_role_is_told_with_all_that_a_launch_needs(emulator: Emulator, role: str) -> None:
    compute = emulated_compute(emulator)
    shape = compute.shape(SMALL)
    emulator.state.roles.discard(role)
    emulator.state.roles.add("compute.viewer")
    with pytest.raises(DeployError, match="whoever launches may not make machines") as problem:
        compute.create("emel-7-1", shape, BOOT, SECRET, {})
    assert role in str(problem.value.hint)
    assert emulator.machines.instances == {}


def test_without_the_networks_role_the_subnets_are_not_seen_and_the_role_is_named(emulator: Emulator) -> None:
    emulator.state.roles.discard("vpc.user")
    with pytest.raises(DeployError) as problem:
        emulated_compute(emulator).shape(SMALL)
    assert "--role vpc.user" in str(problem.value.hint)


def test_an_account_that_may_not_be_used_names_the_role_and_the_command(emulator: Emulator) -> None:
    emulator.state.roles.discard("iam.serviceAccounts.user")
    compute = emulated_compute(emulator, machines=YandexMachines(service_account=SERVICE_ACCOUNT))
    with pytest.raises(DeployError) as problem:
        create(compute)
    assert f"{SERVICE_ACCOUNT} --role iam.serviceAccounts.user" in str(problem.value.hint)


@pytest.mark.parametrize("honoured", [True, False], ids=["key honoured", "key ignored"])
@pytest.mark.parametrize("method", ["InstanceService/Create", "InstanceService/Delete", "UpdateMetadata"])
def test_a_change_whose_answer_is_lost_is_made_once(emulator: Emulator, method: str, honoured: bool) -> None:
    emulator.state.honours_idempotency_key = honoured
    emulator.state.faults.append(Fault(method, UNAVAILABLE, times=2, after=True))
    compute = emulated_compute(emulator)
    made = create(compute)
    assert [machine.id for machine in compute.machines()] == [made.id]
    compute.forget_secret("emel-7-1")
    assert "emel-secret" not in emulator.machines.named("emel-7-1").metadata
    compute.delete("emel-7-1")
    assert (emulator.machines.instances, emulator.machines.disks) == ({}, {})


def test_too_many_operations_at_once_are_waited_for(emulator: Emulator) -> None:
    text = "The limit on maximum number of active operations has exceeded."
    emulator.state.faults.append(Fault("InstanceService/Create", EXHAUSTED, text, times=12))
    clock = HastyClock()
    assert create(emulated_compute(emulator, clock=clock)).zone == "ru-central1-a"
    assert clock.slept[:6] == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]

    emulator.state.faults.append(Fault("InstanceService/Create", EXHAUSTED, text, times=1000))
    with pytest.raises(DeployError, match="active operations") as problem:
        create(emulated_compute(emulator), "emel-7-2")
    assert problem.value.hint == "try again in a minute"


def test_a_creation_that_the_cloud_takes_back_unseen_goes_on_in_the_next_zone(emulator: Emulator) -> None:
    """Its answer is lost, so that the operation with the reason is not known."""
    emulator.state.honours_idempotency_key = False
    emulator.machines.full_zones = {"ru-central1-a"}
    emulator.state.faults.append(Fault("InstanceService/Create", UNAVAILABLE, after=True))
    told = list[str]()
    assert create(emulated_compute(emulator, tell=told.append)).zone == "ru-central1-b"
    assert any("did not bring it to run" in text for text in told)


def test_two_launches_of_one_name_at_the_same_moment_make_one_machine(emulator: Emulator) -> None:
    def other_is_faster(text: str) -> None:
        if text == "creating machine emel-7-1 in ru-central1-a":
            create(emulated_compute(emulator))

    made = create(emulated_compute(emulator, tell=other_is_faster))
    assert [one.id for one in emulator.machines.instances.values()] == [made.id]


def test_two_launches_of_one_name_do_not_remove_each_others_machine(emulator: Emulator) -> None:
    """The other got through in the next zone, while this one's first was full."""
    emulator.machines.full_zones = {"ru-central1-a"}
    others = list[Machine]()

    def other_gets_on(text: str) -> None:
        if text.startswith("not in ru-central1-a") and not others:
            others.append(create(emulated_compute(emulator)))

    made = create(emulated_compute(emulator, tell=other_gets_on))
    assert [made.id] == [others[0].id] == [one.id for one in emulator.machines.instances.values()]


def test_a_disk_of_someone_else_in_the_way_is_told_and_left(emulator: Emulator) -> None:
    create(emulated_compute(emulator))
    [disk] = emulator.machines.disks.values()
    emulator.machines.instances.clear()
    disk.description = "years of research"
    disk.ClearField("instance_ids")
    with pytest.raises(DeployError, match="Disk with name emel-7-1 already exists") as problem:
        create(emulated_compute(emulator))
    assert problem.value.hint == "choose another name for the machine"
    emulated_compute(emulator).delete("emel-7-1")
    assert list(emulator.machines.disks.values()) == [disk]


def test_a_machine_that_never_gets_ready_is_given_up(emulator: Emulator) -> None:
    create(emulated_compute(emulator))
    emulator.machines.named("emel-7-1").status = shapes.Instance.STARTING
    with pytest.raises(DeployError, match="neither runs nor goes after 600 s") as problem:
        create(emulated_compute(emulator))
    assert "yc compute instance get fhm" in str(problem.value.hint)


def test_a_broken_machine_of_the_name_makes_place(emulator: Emulator) -> None:
    first = create(emulated_compute(emulator))
    emulator.machines.named("emel-7-1").status = shapes.Instance.ERROR
    assert create(emulated_compute(emulator)).id != first.id
    assert (len(emulator.machines.instances), len(emulator.machines.disks)) == (1, 1)
