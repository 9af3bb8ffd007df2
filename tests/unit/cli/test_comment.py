"""`emel comment` as a job starts it: a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fakes.gitlab import FakeGitLab, Project
from tests.fakes.gitlab.project import job_variables, usual_project
from tests.fakes.waiting import until

EMEL = f"{sys.executable} -m emel"


@pytest.fixture
def project(gitlab: FakeGitLab) -> Project:
    return usual_project(gitlab)


@pytest.fixture
def env(gitlab: FakeGitLab, project: Project) -> dict[str, str]:
    token = gitlab.world.project_token(project)
    return {**os.environ, **job_variables(gitlab, project, EMEL_GITLAB_TOKEN=token)}


def emel(*words: str, cwd: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [*EMEL.split(), *words]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120)


def test_the_address_is_printed_and_nothing_else(
    gitlab: FakeGitLab, env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "r.md").write_text("![gone](gone.png)\n")
    done = emel("comment", "create", "r.md", cwd=tmp_path, env=env)

    assert done.stdout == f"{gitlab.url}/team/churn/-/merge_requests/1#note_1\n"
    assert done.stderr == "not uploaded: gone.png: no such file or directory\n"


def test_json_tells_what_became_of_it(gitlab: FakeGitLab, env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "r.md").write_text("text\n")
    done = emel("comment", "update", "r.md", "--json", cwd=tmp_path, env=env)

    assert json.loads(done.stdout) == {
        "url": f"{gitlab.url}/team/churn/-/merge_requests/1#note_1",
        "created": True,
        "uploaded": 0,
        "problems": [],
    }


def test_a_target_that_means_nothing_is_an_error_of_the_command_line(
    env: dict[str, str], tmp_path: Path
) -> None:
    done = emel("comment", "create", "r.md", "--target", "mr/1", cwd=tmp_path, env=env)

    assert done.returncode == 2
    assert "'mr/1' is none of pr, pr/NUMBER, commit, commit/SHA, issue/NUMBER" in done.stderr


def test_a_missing_token_is_an_error_that_names_it(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "r.md").write_text("text\n")
    del env["EMEL_GITLAB_TOKEN"]
    done = emel("comment", "create", "r.md", cwd=tmp_path, env=env)

    assert done.returncode == 18
    assert "EMEL_GITLAB_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_watching_ends_with_the_shell_that_started_it_and_writes_the_last_change(
    project: Project, env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "r.md").write_text("training\n")
    script = f"{EMEL} comment update r.md --watch & read _; echo trained > r.md"
    job = subprocess.Popen(
        ["sh", "-c", script],
        cwd=tmp_path,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert until(lambda: project.notes, within=120)
    # The watching process holds the pipe open: this returns when it has ended, too.
    told, _ = job.communicate("\n", timeout=120)

    assert project.notes[0].body.endswith("trained\n")
    assert len(project.notes) == 1
    assert told.splitlines()[-1].startswith("http")


@pytest.mark.slow
def test_watching_ends_when_told_to_and_is_no_failure(
    project: Project, env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "r.md").write_text("training\n")
    with subprocess.Popen(
        [*EMEL.split(), "comment", "create", "r.md", "--watch"], cwd=tmp_path, env=env, stdout=subprocess.PIPE
    ) as watching:
        assert until(lambda: project.notes, within=120)
        (tmp_path / "r.md").write_text("trained at last\n")
        watching.send_signal(signal.SIGTERM)

        assert watching.wait(120) == 0
    assert project.notes[0].body == "trained at last\n"
