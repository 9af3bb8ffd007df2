"""What the containers of a pod run, run here: the folders of the pod stand in a folder of the test."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.gitlab.runners import add_runner
from tests.fakes.gitlab.state import Json

from emel.clouds.kubernetes.manifest import FOLDER, RUNNER_IMAGE, job
from emel.records import KubernetesMachines, MachineShape
from emel.runners import command
from emel.runners.boot import machine_boot
from emel.runners.settings import BootSettings

TOKEN = "glrt-t3_abcDEF.01-_0123456789"
SHAPE = MachineShape(cloud="kubernetes", platform="job", cpus=2, memory=8, disk=30)
RUNNER = """#!/bin/sh
# A stand-in for gitlab-runner: tells what a job could find, then takes its configuration as the real one.
ls -A "{folder}/hand"
env | sort
while [ "$1" != --config ]; do shift; done
cat "$2"
"""


@pytest.fixture
def registered(gitlab: FakeGitLab) -> Json:
    """The runner whose token the Secret holds."""
    return add_runner(gitlab.world, gitlab.world.project("team/churn"), token=TOKEN)


@pytest.fixture
def pod(tmp_path: Path, gitlab: FakeGitLab) -> dict[str, list[str]]:
    """The command of each container, whose folders are those of the test."""
    settings = BootSettings(url=gitlab.url, name="emel-7-1", executor="shell", max_lifetime=60, idle=60)
    made = job("emel-7-1", SHAPE, machine_boot(settings, ""), {}, KubernetesMachines(), None)
    spec = made["spec"]["template"]["spec"]
    for name in ("bin", "hand", "secret", "work"):
        (tmp_path / name).mkdir()
    (tmp_path / "image-runner").mkdir()
    program = tmp_path / "image-runner/gitlab-runner"
    program.write_text(RUNNER.format(folder=tmp_path), "utf-8")
    program.chmod(0o755)
    (tmp_path / "secret/token").write_text(f"{TOKEN}\n", "utf-8")
    text = json.dumps([spec["initContainers"], spec["containers"]])
    text = text.replace(FOLDER, str(tmp_path)).replace("/usr/bin/gitlab-runner", str(program))
    return {one["name"]: one["command"] for containers in json.loads(text) for one in containers}


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder / "work"), "USER": "emel", "KUBERNETES_PORT": "1"}
    return subprocess.run(words, cwd=folder / "work", env=env, capture_output=True, text=True, timeout=60)


def test_the_runner_gets_its_token_and_nothing_is_left_of_it(
    pod: dict[str, list[str]], tmp_path: Path, registered: Json
) -> None:
    prepared = run(pod["prepare"], tmp_path)
    assert (prepared.returncode, prepared.stdout, prepared.stderr) == (0, "", "")
    assert (tmp_path / "hand/token").stat().st_mode & 0o777 == 0o600
    # From here on the pod's other container, to which the Secret is not mounted.
    (tmp_path / "secret/token").unlink()
    ended = run(pod["runner"], tmp_path)
    assert ended.returncode == 0, ended.stderr
    before, _, config = ended.stdout.partition("concurrent = 1")
    assert registered["token"] != TOKEN
    assert f'token = "{registered["token"]}"' in config
    assert TOKEN not in ended.stdout and registered["token"] not in before
    assert "KUBERNETES_PORT" not in before
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["gitlab-runner"] * 2


def test_a_pod_without_a_token_ends_at_once(pod: dict[str, list[str]], tmp_path: Path) -> None:
    (tmp_path / "secret/token").unlink()
    assert run(pod["prepare"], tmp_path).returncode != 0
    assert run(pod["runner"], tmp_path).returncode != 0


def test_the_pod_brings_the_gitlab_runner_that_other_machines_install() -> None:
    assert RUNNER_IMAGE.endswith(f":alpine-v{command.VERSION}")
