"""A sweep as a child pipeline, run for real: a job for each cell, and a leaderboard where it is reviewed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from tests.fakes.command import Emel
from tests.fakes.experiments import FILES
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.gitlab.project import job_variables, usual_project
from tests.fakes.gitlab.state import DEVELOPER
from tests.fakes.pipeline_runner import OWN_FILES, give_project, run_pipeline

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

TOML = """
[model]
name = "churn"
path = "model.txt"
sample = "data.csv"

[sweep]
set = ["depth=2,0"]

[ci]
install = []
"""


@pytest.fixture
def emel(tmp_path: Path) -> Emel:
    """A tiny project on a server, with the two jobs of the sweep out of its pipeline."""
    command = Emel(tmp_path / "project", tmp_path / "home")
    ignored = FILES[".gitignore"] + OWN_FILES + "/.emel/\n"
    for name, text in {**FILES, ".gitignore": ignored, "emel.toml": TOML}.items():
        (command.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (command.folder / name).write_text(text)
    command.git("init", "--quiet", "--initial-branch=main")
    command.git("init", "--quiet", "--bare", "--initial-branch=main", str(tmp_path / "server.git"))
    command.git("remote", "add", "origin", str(tmp_path / "server.git"))
    assert command("ci").returncode == 0
    whole = yaml.safe_load((command.folder / ".gitlab-ci.yml").read_text())
    # The runner can start no single job of a pipeline that has a child.
    kept = ("stages", ".emel", "sweep", "sweep-cells")
    (command.folder / ".gitlab-ci.yml").write_text(
        yaml.safe_dump({name: whole[name] for name in kept}, sort_keys=False)
    )
    command.git("add", ".")
    command.git("commit", "--quiet", "-m", "Start")
    command.git("push", "--quiet", "origin", "main")
    command.git("remote", "set-head", "origin", "main")
    return command


def told(output: str, cell: str) -> str:
    """What the job of a cell says of its run."""
    found = re.search(rf"cell: \[{cell}\] > commit \w+; (.+)", output)
    assert found, output
    return found[1].strip()


def test_cells_are_jobs_whose_results_are_one_leaderboard_and_are_not_run_twice(emel: Emel) -> None:
    with FakeGitLab() as gitlab:
        team = usual_project(gitlab)
        variables = {
            **job_variables(gitlab, team),
            "EMEL_GITLAB_TOKEN": gitlab.world.project_token(team, DEVELOPER),
            "CI_PIPELINE_SOURCE": "merge_request_event",
        }
        give_project(emel, variables)
        first = run_pipeline(emel, variables, "--manual", "sweep")
        assert told(first, "depth=2") == told(first, "depth=0") == "ran now: 1, kept from before: 0"
        assert team.notes, first
        (note,) = team.notes
        assert "| 1 | `2` | 0.2000 |" in note.body
        assert "ZeroDivisionError" not in note.body and "stage \\`train\\` failed" in note.body

        emel.git("commit", "--quiet", "--allow-empty", "-m", "Nothing that the pipeline reads")
        second = run_pipeline(emel, variables, "--manual", "sweep")
        # The cell that failed is tried again, the other one came with the cache.
        assert told(second, "depth=2") == "ran now: 0, kept from before: 1"
        assert told(second, "depth=0") == "ran now: 1, kept from before: 0"
        assert len(team.notes) == 1
