"""The outermost layer: what a person sees of errors, and the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from emel.cli.main import COMMANDS


def emel(*arguments: str, cwd, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "emel", *arguments],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_the_help_lists_every_command_with_its_line(tmp_path):
    shown = emel("--help", cwd=tmp_path).stdout

    assert all(name in shown and text in shown for name, text in COMMANDS.items())


def test_the_version_is_printed(tmp_path):
    assert emel("--version", cwd=tmp_path).stdout.startswith("emel ")


def test_an_unknown_command_is_an_error_of_the_command_line(tmp_path):
    done = emel("launch", cwd=tmp_path)

    assert done.returncode == 2
    assert "No such command 'launch'" in done.stderr


def test_a_folder_outside_git_is_an_error_with_a_hint_and_its_own_exit_code(tmp_path):
    done = emel("run", cwd=tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))

    assert done.returncode == 4
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"error: {tmp_path}: this folder is not in a Git repository",
        "hint: run `git init`, or change to the folder of your project",
    ]


@pytest.fixture
def repository(tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def test_a_repository_without_emel_toml_is_told_what_to_write(repository):
    done = emel("run", cwd=repository)

    assert done.returncode == 3
    assert "no emel.toml" in done.stderr
    assert "hint: let `emel init` write one" in done.stderr


def test_a_wrong_key_is_told_with_file_line_and_key(repository):
    (repository / "emel.toml").write_text('[model]\nname = "churn"\npath = "m"\nsample = "s"\ncolour = 1\n')

    done = emel("run", cwd=repository)

    assert done.returncode == 3
    assert f"{repository / 'emel.toml'}:5: unknown key `model.colour`" in done.stderr


def test_a_repository_without_a_commit_is_told_to_commit(repository):
    (repository / "emel.toml").write_text('[model]\nname = "churn"\npath = "m"\nsample = "s"\n')

    done = emel("run", cwd=repository)

    assert done.returncode == 4
    assert "no commit yet" in done.stderr


def test_tracebacks_are_shown_on_request_only(tmp_path):
    quiet = emel("run", cwd=tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    loud = emel("run", cwd=tmp_path, GIT_CEILING_DIRECTORIES=str(tmp_path.parent), EMEL_DEBUG="1")

    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr


def test_another_folder_can_be_worked_in(repository, tmp_path):
    (repository / "emel.toml").write_text('[model]\nname = "churn"\npath = "m"\nsample = "s"\n')

    done = emel("--dir", str(repository), "status", "--json", cwd="/")

    assert json.loads(done.stdout) == []


def test_files_are_named_from_that_folder(repository):
    (repository / "emel.toml").write_text('[model]\nname = "churn"\npath = "m"\nsample = "s"\n')
    (repository / "requests.csv").write_text("time\n0\n1\n2.5\n")
    times = ("--cold-start", "0.3", "--duration", "0.02")

    done = emel("-C", str(repository), "simulate", "--pattern", "requests.csv", *times, "--json", cwd="/")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["requests"] == 3
