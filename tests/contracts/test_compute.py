"""What every cloud's machines must do: those in memory, processes of this machine, the emulated Yandex Cloud.

A provider joins by a name in PROVIDERS and a context manager that gives a ComputeCase.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from tests.fakes.aws.contract import aws_case
from tests.fakes.clock import ManualClock
from tests.fakes.compute import SAYS, ComputeCase, InMemoryCompute
from tests.fakes.kubernetes.contract import kubernetes_case
from tests.fakes.runner import stand_in_path
from tests.fakes.waiting import until
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated_compute

from emel.clouds import Compute
from emel.clouds.local.compute import LocalCompute
from emel.clouds.local.supervisor import processes_of
from emel.clouds.yandex.compute_machines import SECRET as SECRET_KEY
from emel.errors import DeployError
from emel.records import Machine, MachineShape, MachineWanted
from emel.system.clock import SystemClock

SECRET = "glrt-contract-secret-0123456789"
LABELS = {"emel-project": "7", "emel-runner": "12", "emel-price": "5.12"}


@contextmanager
def in_memory(folder: Path) -> Iterator[ComputeCase]:
    compute = InMemoryCompute(ManualClock())
    yield ComputeCase(
        compute,
        end=compute.stop,
        visible=lambda name: f"{compute.there.get(name)} {compute.logs} {compute.boots}",
        holds_secret=lambda name: name in compute.secrets,
    )


@contextmanager
def local(folder: Path) -> Iterator[ComputeCase]:
    compute = LocalCompute(folder / "machines", SystemClock(), {"PATH": stand_in_path()})

    def end(name: str) -> None:
        found = compute.find(name)
        assert found is not None
        assert until(lambda: SAYS in compute.boot_log(name))
        for pid in processes_of(found.id):
            os.kill(pid, signal.SIGTERM)

    def visible(name: str) -> str:
        found = compute.find(name)
        assert found is not None
        pids = [*processes_of(found.id), int((folder / "machines" / name / "lock").read_text())]
        texts = [Path(f"/proc/{pid}/{what}").read_bytes() for pid in pids for what in ("cmdline", "environ")]
        texts += [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
        return b"\n".join(texts).decode("utf-8", "replace")

    yield ComputeCase(compute, end=end, visible=visible, holds_secret=lambda name: False)
    for machine in compute.machines():
        compute.delete(machine.name)


@contextmanager
def yandex(folder: Path) -> Iterator[ComputeCase]:
    emulator = Emulator(folder / "yandex")
    machines = emulator.machines

    def metadata(name: str) -> dict[str, str]:
        return next((dict(one.metadata) for one in machines.instances.values() if one.name == name), {})

    def visible(name: str) -> str:
        public = {key: value for key, value in metadata(name).items() if key != SECRET_KEY}
        return f"{public} {emulated_compute(emulator).machines()} {machines.disks} {machines.consoles}"

    yield ComputeCase(
        emulated_compute(emulator),
        end=emulator.compute.power_off,
        visible=visible,
        holds_secret=lambda name: SECRET_KEY in metadata(name),
    )
    emulator.close()


PROVIDERS: dict[str, Callable[[Path], AbstractContextManager[ComputeCase]]] = {
    "in memory": in_memory,
    "local": local,
    "yandex": yandex,
    "aws": aws_case,
    "kubernetes": kubernetes_case,
}
FORGETS_SECRETS = pytest.mark.parametrize("case", sorted(PROVIDERS.keys() - {"aws"}), indirect=True)
"""EC2 changes no user data of a machine that runs."""


@pytest.fixture(params=PROVIDERS)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ComputeCase]:
    with PROVIDERS[request.param](tmp_path) as made:
        yield made


@pytest.fixture
def compute(case: ComputeCase) -> Compute:
    return case.compute


@pytest.fixture
def shape(compute: Compute) -> MachineShape:
    return compute.shape(MachineWanted())


@pytest.fixture
def create(case: ComputeCase, shape: MachineShape) -> Callable[..., Machine]:
    def made(name: str) -> Machine:
        return case.compute.create(name, shape, case.boot, SECRET, LABELS)

    return made


def test_what_is_absent_is_empty_and_not_an_error(compute: Compute) -> None:
    assert compute.find("emel-7-1") is None
    assert list(compute.machines()) == []
    assert compute.boot_log("emel-7-1") == ""
    compute.forget_secret("emel-7-1")
    compute.delete("emel-7-1")


def test_a_shape_is_in_the_clouds_own_terms_and_makes_nothing(compute: Compute) -> None:
    shape = compute.shape(MachineWanted(cpus=2, memory=8))
    assert shape.cloud and shape.platform
    assert shape.cpus >= 1 and shape.memory >= 1
    assert list(compute.machines()) == []


def test_what_the_cloud_lacks_is_said_before_anything_is_made(compute: Compute) -> None:
    with pytest.raises(DeployError) as caught:
        compute.shape(MachineWanted(gpu="abacus", gpus=1))
    assert "abacus" in str(caught.value)
    assert caught.value.hint
    assert list(compute.machines()) == []


def test_a_machine_says_what_it_was_made_with(
    compute: Compute, shape: MachineShape, create: Callable[..., Machine]
) -> None:
    made = create("emel-7-1")

    assert (made.name, made.cloud, made.spot) == ("emel-7-1", shape.cloud, False)
    assert made.id
    assert made.state in ("starting", "running")
    assert datetime.fromisoformat(made.created_at).tzinfo is not None
    assert {"emel": "runner", **LABELS}.items() <= made.labels.items()
    found = compute.find("emel-7-1")
    assert found is not None
    assert (found.id, found.labels) == (made.id, made.labels)


def test_a_name_stands_for_one_machine(compute: Compute, create: Callable[..., Machine]) -> None:
    first, again = create("emel-7-1"), create("emel-7-1")
    assert first.id == again.id
    assert [machine.id for machine in compute.machines()] == [first.id]


def test_machines_are_listed_oldest_first(compute: Compute, create: Callable[..., Machine]) -> None:
    names = ["emel-7-2", "emel-7-1", "emel-7-10"]
    for name in names:
        create(name)
    assert [machine.name for machine in compute.machines()] == names


def test_a_deleted_machine_is_gone_and_its_name_is_free(
    compute: Compute, create: Callable[..., Machine]
) -> None:
    first = create("emel-7-1")
    compute.delete("emel-7-1")
    compute.delete("emel-7-1")

    assert compute.find("emel-7-1") is None
    assert list(compute.machines()) == []
    assert create("emel-7-1").id != first.id


def test_the_console_can_be_read(compute: Compute, create: Callable[..., Machine]) -> None:
    create("emel-7-1")
    assert until(lambda: SAYS in compute.boot_log("emel-7-1"))


def test_nobody_but_the_machine_can_read_the_secret(
    case: ComputeCase, create: Callable[..., Machine]
) -> None:
    made = create("emel-7-1")
    assert until(lambda: SAYS in case.compute.boot_log("emel-7-1"))

    assert SECRET not in case.visible("emel-7-1")
    assert SECRET not in case.compute.boot_log("emel-7-1")
    assert SECRET not in repr(made)


@FORGETS_SECRETS
def test_a_forgotten_secret_is_nowhere(case: ComputeCase, create: Callable[..., Machine]) -> None:
    create("emel-7-1")
    case.compute.forget_secret("emel-7-1")
    case.compute.forget_secret("emel-7-1")

    assert not case.holds_secret("emel-7-1")
    assert case.compute.find("emel-7-1") is not None


def test_a_deleted_machine_leaves_no_secret(case: ComputeCase, create: Callable[..., Machine]) -> None:
    create("emel-7-1")
    case.compute.delete("emel-7-1")
    assert not case.holds_secret("emel-7-1")


def test_a_machine_that_ended_itself_is_stopped_or_gone_and_can_be_deleted(
    case: ComputeCase, create: Callable[..., Machine]
) -> None:
    create("emel-7-1")
    case.end("emel-7-1")

    def over() -> bool:
        found = case.compute.find("emel-7-1")
        return found is None or found.state == "stopped"

    assert until(over)
    case.compute.delete("emel-7-1")
    assert case.compute.find("emel-7-1") is None
