"""`emel runner` with real processes: the local machine, the stand-in for gitlab-runner, the fake GitLab."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.command import IDENTITY, Emel, processes_of, wait_for
from tests.fakes.gitlab import MAINTAINER, FakeGitLab, Project, push_job
from tests.fakes.runner import stand_in_path
from tests.fakes.waiting import until

pytestmark = pytest.mark.slow

CONFIG = """[train.machine]
cloud = "local"
idle = "2m"
max_lifetime = "10m"
"""
LONG = "echo training; trap '' HUP; sleep 120"


@pytest.fixture(scope="module")
def gitlab() -> Iterator[FakeGitLab]:
    with FakeGitLab() as fake:
        yield fake


@pytest.fixture
def project(gitlab: FakeGitLab) -> Project:
    return gitlab.world.project(f"team/p{len(gitlab.world.projects)}")


@pytest.fixture
def name(project: Project) -> str:
    return f"emel-{project.id}-42"


@pytest.fixture
def emel(gitlab: FakeGitLab, project: Project, tmp_path: Path) -> Iterator[Emel]:
    """The command in a job of the project's pipeline 42."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "emel.toml").write_text(CONFIG, "utf-8")
    made = Emel(folder, tmp_path / "home")
    made.env |= {
        "PATH": stand_in_path(),
        "EMEL_GITLAB_TOKEN": gitlab.world.project_token(
            project, MAINTAINER, "create_runner", "manage_runner"
        ),
        "CI_JOB_TOKEN": gitlab.world.job_token(project, member(gitlab, project)),
        "CI_API_V4_URL": gitlab.api_url,
        "CI_PROJECT_ID": str(project.id),
        "CI_PROJECT_PATH": project.path,
        "CI_PIPELINE_IID": "42",
    }
    made.git("init", "--quiet")
    yield made
    made("runner", "stop", "--now", "--cloud", "local")
    assert processes_of(folder) == []


def member(gitlab: FakeGitLab, project: Project) -> str:
    project.members[gitlab.world.user("ada").id] = MAINTAINER
    return "ada"


def folders(emel: Emel) -> list[str]:
    return [path.name for path in (emel.folder / ".emel" / "machines").glob("*") if path.is_dir()]


def test_a_job_is_trained_on_a_launched_machine_and_nothing_is_left(
    emel: Emel, gitlab: FakeGitLab, project: Project, name: str, trained: Path, tmp_path: Path
) -> None:
    script = [
        f"git clone -q {trained} work",
        "cd work",
        f"{sys.executable} -m emel run --force --json > $OUT",
    ]
    job = push_job(gitlab.world, project, "train", *script, tags=(name,))
    job["variables"] = {"OUT": str(tmp_path / "run.json"), **IDENTITY}

    done = emel("runner", "launch", "--wait", "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["machines"] == 1
    assert job["status"] == "success", job["trace"]
    assert "metrics" in (tmp_path / "run.json").read_text()
    assert project.runners == {}
    assert folders(emel) == []


def test_a_dry_run_shows_the_plan_and_makes_nothing(emel: Emel, project: Project, tmp_path: Path) -> None:
    del emel.env["EMEL_GITLAB_TOKEN"], emel.env["CI_JOB_TOKEN"]
    done = emel("runner", "launch", "--dry-run", "--json", "--max-lifetime", "2h")
    emel.env["EMEL_GITLAB_TOKEN"] = "glpat-none"

    plan = json.loads(done.stdout)
    assert (plan["shape"]["cloud"], plan["max_lifetime"], plan["worst_case"]) == ("local", 7200, 0)
    assert project.runners == {}
    assert not (emel.folder / ".emel").exists()


def test_without_an_emel_toml_options_are_enough(emel: Emel, project: Project, name: str) -> None:
    (emel.folder / "emel.toml").unlink()

    launched = emel("runner", "launch", "--cloud", "local", "--idle", "2m", "--json")
    listed = emel("runner", "list", "--cloud", "local", "--json")
    stopped = emel("runner", "stop", "--cloud", "local", "--now", "--json")

    assert json.loads(launched.stdout)["name"] == name, launched.stderr
    assert [(each["name"], each["runner_status"]) for each in json.loads(listed.stdout)] == [(name, "online")]
    assert json.loads(stopped.stdout)["machine"] is True
    assert project.runners == {}


def test_the_token_is_in_no_argument_no_environment_no_file_and_no_output(
    emel: Emel, gitlab: FakeGitLab, project: Project, name: str
) -> None:
    started = push_job(gitlab.world, project, "train", "env; " + LONG, tags=(name,))
    done = emel("runner", "launch")
    assert done.returncode == 0, done.stderr
    assert until(lambda: "training" in (started.get("trace") or ""), within=120)
    [runner] = project.runners.values()
    texts = [done.stdout, done.stderr, started["trace"], emel("runner", "logs", name).stdout]
    for process in Path("/proc").glob("[0-9]*"):
        texts += [read(process / "cmdline"), read(process / "environ") if is_of(process, emel) else ""]
    texts += [read(file) for file in emel.folder.rglob("*") if file.is_file()]

    assert "Starting runner" in "".join(texts)
    assert runner["token"] not in "".join(texts)
    assert f"glrt-{runner['id']:020}" not in "".join(texts), "the one that was exchanged"
    assert emel.env["EMEL_GITLAB_TOKEN"] not in started["trace"]


def read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def is_of(process: Path, emel: Emel) -> bool:
    try:
        return str((process / "cwd").readlink()).startswith(str(emel.folder))
    except OSError:
        return False


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130)],
    ids=["cancelled in GitLab", "Ctrl-C"],
)
def test_a_waiting_launch_that_is_told_to_end_removes_both(
    emel: Emel, gitlab: FakeGitLab, project: Project, name: str, tmp_path: Path, number: int, status: int
) -> None:
    job = push_job(gitlab.world, project, "train", LONG, tags=(name,))
    output = tmp_path / "output"
    child = emel.start("runner", "launch", "--wait", output=output)
    assert until(lambda: "training" in (job.get("trace") or ""), within=120), output.read_text()

    os.kill(child.pid, number)

    assert child.wait(120) == status, output.read_text()
    assert "Traceback" not in output.read_text()
    assert project.runners == {}
    assert folders(emel) == []
    assert processes_of(emel.folder) == []
    # The runner had time to say whose fault it was, so that GitLab's retry takes the job.
    assert job["failure_reason"] == "runner_system_failure"


def test_a_launch_that_is_killed_is_taken_up_by_the_next(
    emel: Emel, gitlab: FakeGitLab, project: Project, name: str, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    child = emel.start("runner", "launch", output=output)
    assert wait_for("making a machine", output, within=120), output.read_text()
    os.kill(child.pid, signal.SIGKILL)
    child.wait()

    done = emel("runner", "launch", "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"] == name
    assert [runner["paused"] for runner in project.runners.values()] == [False]
    assert folders(emel) == [name]


def test_a_machine_whose_supervisor_is_killed_is_pruned_with_all_its_processes(
    emel: Emel, gitlab: FakeGitLab, project: Project, name: str
) -> None:
    job = push_job(gitlab.world, project, "train", LONG, tags=(name,))
    assert emel("runner", "launch").returncode == 0
    assert until(lambda: "training" in (job.get("trace") or ""), within=120)
    os.kill(int((emel.folder / ".emel" / "machines" / name / "lock").read_text()), signal.SIGKILL)

    listed: list[dict[str, Any]] = json.loads(emel("runner", "list", "--json").stdout)
    pruned = emel("runner", "prune", "--yes")

    assert [each["over"] for each in listed] == ["the machine is stopped"]
    assert pruned.returncode == 0, pruned.stderr
    assert project.runners == {}
    assert processes_of(emel.folder) == []
