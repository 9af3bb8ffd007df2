"""`emel report --publish` as a CI job runs it."""

from __future__ import annotations

import json

import pytest
from tests.fakes.command import Emel
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.gitlab.project import job_variables, usual_project

pytestmark = pytest.mark.slow


def test_a_job_publishes_its_report_and_keeps_the_token_to_itself(emel: Emel, gitlab: FakeGitLab) -> None:
    project = usual_project(gitlab)
    token = gitlab.world.project_token(project)
    emel.env.update(job_variables(gitlab, project, EMEL_GITLAB_TOKEN=token))
    settings = emel.folder / "emel.toml"
    settings.write_text(settings.read_text().replace("[ci]", "[ci]\nexperiments = true"))
    done = emel("report", "--publish")

    assert done.returncode == 0, done.stderr
    assert (emel.folder / ".emel" / "report" / "report.html").is_file()
    assert len(project.notes) == 1
    assert "## " in project.notes[0].body and "](/uploads/" in project.notes[0].body
    assert f"{gitlab.url}/team/churn/-/merge_requests/1#note_1" in done.stdout
    assert project.experiments["1"]["name"] == "breast-cancer"
    assert f"{gitlab.url}/team/churn/-/ml/experiments/1 (topic #100)" in done.stdout
    assert len({entry.connection for entry in gitlab.log}) == 1
    assert project.executed == project.mentioned == []
    kept = [path.read_bytes() for path in emel.folder.rglob("*") if path.is_file()]
    assert token not in done.stdout + done.stderr
    assert not any(token.encode() in content for content in kept)


def test_results_of_earlier_code_are_not_passed_off_as_this_commits(emel: Emel, gitlab: FakeGitLab) -> None:
    script = emel.folder / "src" / "train.py"
    script.write_text(script.read_text() + "# slower\n")
    emel.git("commit", "--quiet", "--all", "-m", "Change the script")
    project = usual_project(gitlab)
    token = gitlab.world.project_token(project)
    emel.env.update(job_variables(gitlab, project, EMEL_GITLAB_TOKEN=token))
    done = emel("report", "--publish", "--json")

    assert done.returncode == 0, done.stderr
    assert (json.loads(done.stdout)["passed"], json.loads(done.stdout)["snapshot"]["metrics"]) == (False, {})
    assert "src/train.py has changed since stage train ran" in project.notes[0].body
    assert "accuracy" not in project.notes[0].body
    junit = (emel.folder / ".emel" / "report" / "junit.xml").read_text()
    assert 'failures="1"' in junit
