"""Machines that are processes of this machine: their end, what they inherit, and what is left of them."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.runner import stand_in_path
from tests.fakes.waiting import until

from emel.clouds.local.compute import LocalCompute
from emel.clouds.local.supervisor import processes_of
from emel.errors import DeployError
from emel.records import Machine, MachineBoot, MachineWanted
from emel.system.clock import SystemClock

pytestmark = pytest.mark.slow

ENV = {"EMEL_GITLAB_TOKEN": "glpat-of-the-launcher", "AWS_SECRET_ACCESS_KEY": "wJalr", "HOME": "/tmp"}


@pytest.fixture
def compute(tmp_path: Path) -> Iterator[LocalCompute]:
    made = LocalCompute(tmp_path / "machines", SystemClock(), {**ENV, "PATH": stand_in_path()})
    yield made
    for machine in made.machines():
        made.delete(machine.name)


def create(compute: LocalCompute, script: str, *, lifetime: float = 300.0, name: str = "emel-7-1") -> Machine:
    boot = MachineBoot(script=script, user_data="", max_lifetime=lifetime)
    return compute.create(name, compute.shape(MachineWanted()), boot, "glrt-secret", {})


def is_stopped(compute: LocalCompute) -> bool:
    found = compute.find("emel-7-1")
    return found is not None and found.state == "stopped"


def test_the_secret_comes_by_the_standard_input(compute: LocalCompute, tmp_path: Path) -> None:
    create(compute, f'read -r token; test "$token" = glrt-secret && touch {tmp_path}/met')
    assert until((tmp_path / "met").exists)


def test_a_machine_that_ended_well_removes_itself(compute: LocalCompute, tmp_path: Path) -> None:
    create(compute, "exit 0")
    assert until(lambda: compute.find("emel-7-1") is None)
    assert until(lambda: [path.name for path in (tmp_path / "machines").iterdir()] == [".lock"])


def test_one_that_failed_stays_as_a_stopped_one_with_its_last_words(compute: LocalCompute) -> None:
    create(compute, "echo no disk; exit 3")
    assert until(lambda: is_stopped(compute))
    assert compute.boot_log("emel-7-1") == "no disk\n"


def test_the_lifetime_ends_whatever_runs(compute: LocalCompute) -> None:
    made = create(compute, "(setsid sleep 300 &) ; while true; do sleep 300; done", lifetime=0.5)
    assert until(lambda: is_stopped(compute))
    assert "the lifetime is over" in compute.boot_log("emel-7-1")
    assert until(lambda: not list(processes_of(made.id)))


def test_a_machine_inherits_no_token_of_who_launched_it(compute: LocalCompute) -> None:
    create(compute, "env; exit 3")
    assert until(lambda: is_stopped(compute))
    said = compute.boot_log("emel-7-1")
    assert "HOME=/tmp" in said
    assert not [value for key, value in ENV.items() if key != "HOME" and value in said]


def test_what_others_may_not_read_is_the_owners_alone(compute: LocalCompute, tmp_path: Path) -> None:
    create(compute, "exec sleep 300")
    files = [path for path in (tmp_path / "machines" / "emel-7-1").iterdir() if path.name != "work"]
    assert (tmp_path / "machines" / "emel-7-1").stat().st_mode & 0o077 == 0
    assert {"machine.json", "boot.sh", "console.log"} <= {path.name for path in files}


def test_a_deleted_machine_ends_with_all_that_it_started(compute: LocalCompute) -> None:
    made = create(compute, "(setsid sleep 300 &); exec sleep 300")
    assert until(lambda: len(list(processes_of(made.id))) >= 2)
    compute.delete("emel-7-1")
    assert list(processes_of(made.id)) == []


def test_the_runner_ends_when_its_supervisor_is_killed(compute: LocalCompute, tmp_path: Path) -> None:
    made = create(compute, "exec sleep 300")
    assert until(lambda: list(processes_of(made.id)))
    os.kill(int((tmp_path / "machines" / "emel-7-1" / "lock").read_text()), signal.SIGKILL)
    assert until(lambda: not list(processes_of(made.id)))
    assert until(lambda: is_stopped(compute))


def test_what_a_killed_command_left_half_made_or_half_removed_goes_with_the_next(
    compute: LocalCompute, tmp_path: Path
) -> None:
    for left in ("emel-7-1", ".emel-7-2.0a1b"):
        (tmp_path / "machines" / left).mkdir(parents=True)
        (tmp_path / "machines" / left / "boot.sh").write_text("exit 1")
    assert compute.machines() == []
    assert create(compute, "exec sleep 300").state == "running"
    assert {path.name for path in (tmp_path / "machines").iterdir()} == {".lock", "emel-7-1"}


def test_of_several_that_take_a_name_at_once_one_gets_it(compute: LocalCompute) -> None:
    made: list[Machine] = []
    threads = [
        threading.Thread(target=lambda: made.append(create(compute, "exec sleep 300"))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({machine.id for machine in made}) == 1
    assert len(made) == 4


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (MachineWanted(gpu="t4", gpus=1), "graphics card t4"),
        (MachineWanted(spot=True), "spot machines"),
        (MachineWanted(native="m7i.xlarge"), "m7i.xlarge"),
        (MachineWanted(zones=("a",)), "zone a"),
    ],
)
def test_what_this_machine_lacks_is_said(compute: LocalCompute, wanted: MachineWanted, said: str) -> None:
    with pytest.raises(DeployError, match=said):
        compute.shape(wanted)


def test_without_curl_it_says_so(tmp_path: Path) -> None:
    for name in ("gitlab-runner", "curl"):
        (tmp_path / name).touch(0o755)
    LocalCompute(tmp_path, SystemClock(), {"PATH": str(tmp_path)}).shape(MachineWanted())
    (tmp_path / "curl").unlink()
    with pytest.raises(DeployError, match="curl is not installed"):
        LocalCompute(tmp_path, SystemClock(), {"PATH": str(tmp_path)}).shape(MachineWanted())


def test_without_gitlab_runner_it_says_where_to_get_it(tmp_path: Path) -> None:
    bare = LocalCompute(tmp_path, SystemClock(), {"PATH": str(tmp_path)})
    with pytest.raises(DeployError, match="gitlab-runner is not installed") as caught:
        bare.shape(MachineWanted())
    assert "docs.gitlab.com/runner/install" in (caught.value.hint or "")
