"""A machine that deletes itself: with its account, by one role on itself alone. Without, it powers off."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.fakes.compute import BOOT
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated_compute
from tests.fakes.yandex.state import SERVICE_ACCOUNT

from emel.clouds.yandex.compute import YandexCompute
from emel.records import MachineWanted, YandexMachines

NAME = "emel-7-1"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def compute(emulator: Emulator, told: list[str]) -> YandexCompute:
    """With an account for machines, by someone who may give roles on them."""
    emulator.state.roles.add("compute.admin")
    machines = YandexMachines(service_account=SERVICE_ACCOUNT)
    return emulated_compute(emulator, machines=machines, tell=told.append)


def create(compute: YandexCompute, name: str = NAME) -> None:
    compute.create(name, compute.shape(MachineWanted(cpus=2, memory=4, disk=20)), BOOT, "glrt-1", {})


def run_on(emulator: Emulator, name: str, command: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command on a machine, whose addresses are those of the emulator."""
    emulator.sign_in.instance = emulator.machines.named(name).id
    for address in ("http://169.254.169.254", "https://compute.localhost"):
        command = command.replace(address, f"http://{emulator.sign_in.address}")
    return subprocess.run(["sh", "-eu", "-c", command], capture_output=True, text=True, check=False, env=env)


def test_a_machine_with_an_account_gets_one_role_on_itself_alone(
    emulator: Emulator, compute: YandexCompute
) -> None:
    create(compute)
    [(instance, [binding])] = emulator.machines.bindings.items()
    assert instance == emulator.machines.named(NAME).id
    assert (binding.role_id, binding.subject.type, binding.subject.id) == (
        "compute.editor",
        "serviceAccount",
        SERVICE_ACCOUNT,
    )


def test_a_machine_without_an_account_has_no_role_and_no_command(emulator: Emulator) -> None:
    emulator.state.roles.add("compute.admin")
    compute = emulated_compute(emulator)
    create(compute)
    assert emulator.machines.bindings == {}
    assert compute.delete_command == ""


def test_the_machine_deletes_itself_with_its_disk(emulator: Emulator, compute: YandexCompute) -> None:
    create(compute)
    ended = run_on(emulator, NAME, compute.delete_command, PATH="/usr/bin:/bin")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert emulator.machines.instances == emulator.machines.disks == {}


def test_its_token_stands_in_no_command_line(
    emulator: Emulator, compute: YandexCompute, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    (tmp_path / "curl").write_text(f'#!/bin/sh\necho "$@" >>{seen}\nexec {shutil.which("curl")} "$@"\n')
    (tmp_path / "curl").chmod(0o755)
    create(compute)
    before = set(emulator.state.tokens)
    assert run_on(emulator, NAME, compute.delete_command, PATH=f"{tmp_path}:/usr/bin:/bin").returncode == 0
    [token] = set(emulator.state.tokens) - before
    assert "DELETE" in seen.read_text() and token not in seen.read_text()


def test_a_machine_without_the_role_deletes_nothing(emulator: Emulator, compute: YandexCompute) -> None:
    create(compute)
    emulator.machines.bindings.clear()
    ended = run_on(emulator, NAME, compute.delete_command, PATH="/usr/bin:/bin")
    assert ended.returncode != 0 and "403" in ended.stderr
    assert compute.find(NAME) is not None


def test_where_the_role_may_not_be_given_the_machine_is_made_all_the_same(
    emulator: Emulator, compute: YandexCompute, told: list[str]
) -> None:
    emulator.state.roles.discard("compute.admin")
    create(compute)
    assert emulator.machines.bindings == {}
    assert compute.find(NAME) is not None
    [line] = [line for line in told if "delete itself" in line]
    assert "compute.admin" in line and "emel runner stop" in line


def test_the_command_names_the_api_that_is_configured(emulator: Emulator) -> None:
    machines = YandexMachines(service_account=SERVICE_ACCOUNT)
    compute = emulated_compute(emulator, machines=machines, endpoint="api.yandexcloud.kz:443")
    assert "https://compute.api.yandexcloud.kz/compute/v1/instances/" in compute.delete_command
