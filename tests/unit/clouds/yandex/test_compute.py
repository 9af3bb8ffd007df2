"""Machines in Yandex Cloud: what is asked for, where, and what a machine is told."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from tests.fakes.compute import BOOT
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated_compute
from tests.fakes.yandex.compute_places import ZONES, subnet
from tests.fakes.yandex.state import SERVICE_ACCOUNT
from yandex.cloud.compute.v1 import instance_pb2 as shapes

from emel.clouds.base import Outside
from emel.clouds.catalog import open_compute
from emel.errors import DeployError
from emel.records import MachineWanted, YandexMachines

SECRET = "glrt-very-secret"
SMALL = MachineWanted()
T4 = MachineWanted(cpus=4, memory=16, gpu="t4", gpus=1)


def test_a_shape_is_what_the_price_and_the_zones_need(emulator: Emulator) -> None:
    shape = emulated_compute(emulator).shape(MachineWanted(cpus=4, memory=16, spot=True, disk=50))
    assert (shape.cloud, shape.platform, shape.cpus, shape.memory) == ("yandex", "standard-v3", 4, 16)
    assert (shape.disk, shape.disk_type, shape.public_address) == (50, "network-ssd", True)
    assert shape.zones == ZONES
    assert (shape.spot, shape.longest_life) == (True, 24 * 3600)
    assert emulated_compute(emulator).shape(SMALL).longest_life is None
    assert emulator.machines.instances == {}


@pytest.mark.parametrize(
    ("named", "wanted", "zones"),
    [
        ((), T4, ("ru-central1-d", "ru-central1-a", "ru-central1-b")),
        ((), MachineWanted(zones=("ru-central1-b",)), ("ru-central1-b",)),
        (("ru-central1-b", "ru-central1-a"), SMALL, ("ru-central1-b", "ru-central1-a")),
        (("ru-central1-b", "ru-central1-d"), T4, ("ru-central1-b", "ru-central1-d")),
    ],
    ids=["a card's zone first", "zones that are wanted", "as subnets are named", "with a card too"],
)
def test_zones_are_tried_in_this_order(
    emulator: Emulator, named: tuple[str, ...], wanted: MachineWanted, zones: tuple[str, ...]
) -> None:
    emulator.state.quotas["compute.instanceT4Gpus.count"] = 1
    machines = YandexMachines(subnets={zone: f"e9b{zone}" for zone in named})
    assert emulated_compute(emulator, machines=machines).shape(wanted).zones == zones


def test_a_zone_with_two_subnets_asks_which(emulator: Emulator) -> None:
    emulator.places.subnets["e9bother"] = subnet("ru-central1-b", id="e9bother", name="other")
    with pytest.raises(DeployError, match=r"2 subnets in ru-central1-b: .*e9bother \(other\)") as problem:
        emulated_compute(emulator).shape(SMALL)
    assert 'subnets = { "ru-central1-b" = ' in str(problem.value.hint)
    named = YandexMachines(subnets={"ru-central1-b": "e9bother"})
    assert emulated_compute(emulator, machines=named).shape(SMALL).zones == ("ru-central1-b",)


@pytest.mark.parametrize(
    ("machines", "wanted", "said"),
    [
        (
            YandexMachines(),
            MachineWanted(zones=("ru-central1-k",)),
            "no subnet in ru-central1-k; it has some",
        ),
        (YandexMachines(subnets={"ru-central1-a": "e9bgone"}), SMALL, "there is no subnet e9bgone"),
        (YandexMachines(subnets={"ru-central1-a": "e9bru-central1-d"}), SMALL, "is in ru-central1-d, not in"),
        (YandexMachines(image_family="ubuntu-9999"), SMALL, "no image of the family 'ubuntu-9999'"),
        (YandexMachines(), MachineWanted(cpus=4, memory=16, gpu="t4", gpus=1, disk=20), "20 GB is too small"),
    ],
    ids=["zone", "subnet", "zone of the subnet", "image", "disk"],
)
def test_what_is_not_there_is_said_before_anything_is_made(
    emulator: Emulator, machines: YandexMachines, wanted: MachineWanted, said: str
) -> None:
    with pytest.raises(DeployError, match=said) as problem:
        emulated_compute(emulator, machines=machines).shape(wanted)
    assert problem.value.hint


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (T4, "needs 1 of the cloud's quota compute.instanceT4Gpus.count, which is 0"),
        (
            MachineWanted(cpus=40, memory=40),
            "needs 40 of the cloud's quota compute.instanceCores.count, which is 32",
        ),
    ],
    ids=["cards", "processors"],
)
def test_a_quota_that_is_too_small_is_said_before_anything_is_made(
    emulator: Emulator, wanted: MachineWanted, said: str
) -> None:
    with pytest.raises(DeployError, match=re.escape(said)):
        emulated_compute(emulator).shape(wanted)
    emulator.state.roles.discard("quota-manager.viewer")
    assert emulated_compute(emulator).shape(wanted).cpus == wanted.cpus, "where it cannot be seen"


def test_a_folder_without_subnets_gets_the_command_that_makes_one(emulator: Emulator) -> None:
    emulator.places.subnets.clear()
    with pytest.raises(DeployError, match="no subnet for a machine") as problem:
        emulated_compute(emulator).shape(SMALL)
    assert "yc vpc subnet create" in str(problem.value.hint)


def test_a_folder_that_nobody_named_is_said(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="folder of Yandex Cloud is not named"):
        open_compute("yandex", state=tmp_path, outside=Outside()).machines()


def test_a_machine_is_made_as_the_shape_says(emulator: Emulator) -> None:
    emulator.state.quotas["compute.instanceT4Gpus.count"] = 1
    machines = YandexMachines(security_groups=("enpgroup",))
    compute = emulated_compute(emulator, machines=machines)
    wanted = MachineWanted(cpus=4, memory=16, gpu="t4", gpus=1, spot=True, disk=50)
    made = compute.create("emel-7-1", compute.shape(wanted), BOOT, SECRET, {"emel-price": "20.06"})

    assert (made.state, made.zone, made.spot) == ("running", "ru-central1-d", True)
    instance = emulator.machines.named("emel-7-1")
    assert instance.labels == {"emel": "runner", "emel-price": "20.06"}
    assert (instance.platform_id, instance.scheduling_policy.preemptible) == ("standard-v3-t4", True)
    assert (instance.resources.cores, instance.resources.memory, instance.resources.gpus) == (
        4,
        16 * 2**30,
        1,
    )
    assert instance.resources.core_fraction == 100
    [interface] = instance.network_interfaces
    assert (interface.subnet_id, list(interface.security_group_ids)) == ("e9bru-central1-d", ["enpgroup"])
    assert interface.primary_v4_address.one_to_one_nat.address
    [disk] = emulator.machines.disks.values()
    assert (disk.type_id, disk.size, instance.boot_disk.auto_delete) == ("network-ssd", 50 * 2**30, True)
    assert disk.source_image_id == "fd8ubuntu-2204-lts-cuda-12-2"


def test_the_secret_is_a_key_of_its_own_beside_what_is_run(emulator: Emulator) -> None:
    compute = emulated_compute(emulator)
    compute.create("emel-7-1", compute.shape(SMALL), BOOT, SECRET, {})
    metadata = emulator.machines.named("emel-7-1").metadata
    assert metadata == {"user-data": BOOT.user_data, "emel-secret": SECRET, "serial-port-enable": "0"}


def test_the_machine_gets_the_secret_by_the_command_until_it_is_forgotten(emulator: Emulator) -> None:
    compute = emulated_compute(emulator)
    compute.create("emel-7-1", compute.shape(SMALL), BOOT, SECRET, {})
    command = compute.token_command.replace("169.254.169.254", emulator.sign_in.address)

    def printed() -> tuple[int, str]:
        emulator.sign_in.attributes = dict(emulator.machines.named("emel-7-1").metadata)
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout

    assert printed() == (0, SECRET)
    compute.forget_secret("emel-7-1")
    assert printed() == (22, "")
    assert shlex.split(command)[0] == "curl"


@pytest.mark.parametrize("account", [None, SERVICE_ACCOUNT], ids=["without account", "with account"])
def test_a_machine_acts_as_an_account_only_where_one_is_named(
    emulator: Emulator, account: str | None
) -> None:
    compute = emulated_compute(emulator, machines=YandexMachines(service_account=account))
    compute.create("emel-7-1", compute.shape(SMALL), BOOT, SECRET, {})
    instance, options = emulator.machines.named("emel-7-1"), shapes.MetadataOptions()
    options.CopyFrom(instance.metadata_options)
    assert instance.service_account_id == (account or "")
    assert options.gce_http_token == (shapes.ENABLED if account else shapes.DISABLED)
    assert (options.aws_v1_http_token, options.aws_v2_http_token) == (shapes.DISABLED, shapes.DISABLED)
    # cloud-init reads its user data here.
    assert (options.gce_http_endpoint, options.aws_v1_http_endpoint) == (shapes.ENABLED, shapes.ENABLED)


def test_where_a_gateway_leads_out_no_address_is_paid_for(emulator: Emulator) -> None:
    emulator.places.add_nat("ru-central1-b")
    emulator.state.roles.discard("vpc.publicAdmin")
    compute = emulated_compute(emulator)
    shape = compute.shape(MachineWanted(zones=("ru-central1-b",)))
    assert not shape.public_address
    compute.create("emel-7-1", shape, BOOT, SECRET, {})
    [interface] = emulator.machines.named("emel-7-1").network_interfaces
    assert not interface.primary_v4_address.HasField("one_to_one_nat")
    assert compute.shape(SMALL).public_address, "in another zone it needs one"


def test_an_image_may_be_the_folders_own(emulator: Emulator) -> None:
    [image, *_] = emulator.places.images.values()
    image.folder_id, image.family = "b1gfolder0000000000a", "our-trainer"
    compute = emulated_compute(emulator, machines=YandexMachines(image_family="our-trainer"))
    compute.create("emel-7-1", compute.shape(SMALL), BOOT, SECRET, {})
    [disk] = emulator.machines.disks.values()
    assert disk.source_image_id == image.id


@pytest.mark.parametrize("name", ["Emel", "7-emel", "emel-", "e" * 64])
def test_a_name_that_the_cloud_would_not_take_is_refused(emulator: Emulator, name: str) -> None:
    compute = emulated_compute(emulator)
    with pytest.raises(DeployError, match="cannot be the name of a machine"):
        compute.create(name, compute.shape(SMALL), BOOT, SECRET, {})
    assert compute.find(name) is None
    compute.delete(name)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("PROVISIONING", "starting"),
        ("CRASHED", "starting"),
        ("UPDATING", "running"),
        ("STOPPING", "stopping"),
        ("DELETING", "stopping"),
        ("STOPPED", "stopped"),
        ("ERROR", "stopped"),
    ],
)
def test_every_status_has_a_state(emulator: Emulator, status: str, state: str) -> None:
    compute = emulated_compute(emulator)
    compute.create("emel-7-1", compute.shape(SMALL), BOOT, SECRET, {})
    emulator.machines.named("emel-7-1").status = shapes.Instance.Status.Value(status)
    found = compute.find("emel-7-1")
    assert found is not None and found.state == state


def test_a_preemptible_machine_is_stopped_after_a_day_and_keeps_its_disk(emulator: Emulator) -> None:
    compute = emulated_compute(emulator)
    compute.create("emel-7-1", compute.shape(MachineWanted(spot=True)), BOOT, SECRET, {})
    compute.create("emel-7-2", compute.shape(SMALL), BOOT, SECRET, {})
    emulator.compute.pass_time(hours=24)
    assert [machine.state for machine in compute.machines()] == ["stopped", "running"]
    assert len(emulator.machines.disks) == 2
    compute.delete("emel-7-1")
    assert len(emulator.machines.disks) == 1


def test_a_machine_that_the_cloud_takes_away_is_stopped_and_its_console_stays(emulator: Emulator) -> None:
    compute = emulated_compute(emulator)
    compute.create("emel-7-1", compute.shape(MachineWanted(spot=True)), BOOT, SECRET, {})
    emulator.compute.write("emel-7-1", "emel: installing gitlab-runner\n")
    emulator.compute.preempt("emel-7-1")
    found = compute.find("emel-7-1")
    assert found is not None and found.state == "stopped"
    assert compute.boot_log("emel-7-1").endswith("emel: installing gitlab-runner\n")


def test_machines_of_all_pages_are_listed_and_those_of_others_are_not(emulator: Emulator) -> None:
    compute = emulated_compute(emulator)
    shape = compute.shape(SMALL)
    for number in range(5):
        compute.create(f"emel-7-{number}", shape, BOOT, SECRET, {})
    emulator.machines.named("emel-7-3").labels.clear()
    emulator.state.page_limit = 2
    assert [machine.name for machine in compute.machines()] == [f"emel-7-{number}" for number in (0, 1, 2, 4)]


def test_a_machine_that_someone_else_made_is_neither_seen_nor_touched(emulator: Emulator) -> None:
    compute = emulated_compute(emulator)
    shape = compute.shape(SMALL)
    compute.create("emel-7-1", shape, BOOT, SECRET, {})
    stranger = emulator.machines.named("emel-7-1")
    stranger.labels.clear()

    assert compute.find("emel-7-1") is None
    assert compute.boot_log("emel-7-1") == ""
    compute.forget_secret("emel-7-1")
    compute.delete("emel-7-1")
    with pytest.raises(DeployError, match="a machine emel-7-1 that emel did not make"):
        compute.create("emel-7-1", shape, BOOT, SECRET, {})
    assert emulator.machines.named("emel-7-1") is stranger
    assert "emel-secret" in stranger.metadata and len(emulator.machines.disks) == 1
