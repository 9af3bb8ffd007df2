"""Which pipelines become candidates of an experiment, and with what."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes import results
from tests.fakes.gitlab import FakeGitLab, Project
from tests.fakes.gitlab.project import COMMIT, job_variables, usual_project
from tests.fakes.progress import Silence
from tests.fakes.repositories import HermeticProcess

from emel.config import load
from emel.report import Written
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.project import Project as Folder
from emel.workflows.report import ReportResult
from emel.workflows.track import Tracking, track

MODEL = '[model]\nname = "churn"\npath = "model.joblib"\nsample = "sample.csv"\n'
ON = "[ci]\nexperiments = true\n"


@pytest.fixture
def project(gitlab: FakeGitLab) -> Project:
    return usual_project(gitlab)


def result(tmp_path: Path) -> ReportResult:
    place = tmp_path / "report"
    return ReportResult(
        headline="Gate passed",
        passed=True,
        comparison=results.comparison(),
        best={},
        snapshot=results.snapshot(
            results.FOREST,
            {"accuracy": 0.96, "loss": float("nan"), "name": "forest", "ok": True},
            {"trees": 100, "seed": None, "deep": True},
        ),
        bundle=results.bundle(),
        files=Written(markdown=place, html=place, images=(), junit=place, metrics=place, annotations=place),
    )


def tracked(tmp_path: Path, gitlab: FakeGitLab, toml: str, env: dict[str, str]) -> Tracking | None:
    root = tmp_path / "repository"
    root.mkdir()
    (root / "emel.toml").write_text(MODEL + toml)
    system = System(HermeticProcess(tmp_path / "home"), SystemHttp(env={}), gitlab.clock)
    return track(
        Folder(root, load(root / "emel.toml"), system), result(tmp_path), env=env, progress=Silence()
    )


def variables(gitlab: FakeGitLab, project: Project, **more: str) -> dict[str, str]:
    url = f"{gitlab.url}/team/churn/-/pipelines/100"
    return job_variables(gitlab, project, CI_PIPELINE_URL=url, **more)


def test_a_pipeline_is_a_candidate_with_numbers_and_where_it_came_from(
    tmp_path: Path, gitlab: FakeGitLab, project: Project
) -> None:
    env = variables(gitlab, project, EMEL_GITLAB_TOKEN=gitlab.world.project_token(project))
    done = tracked(tmp_path, gitlab, ON, env)

    assert done is not None and done.candidate is not None
    assert (done.candidate.experiment, done.candidate.name) == ("churn", "topic #100")
    (run,) = project.experiments["1"]["runs"].values()
    assert {one["key"]: one["value"] for one in run["metrics"]} == {
        "accuracy": 0.96,
        "function.zip_bytes": 52_300.0,
    }
    assert run["params"] == {"trees": "100", "seed": "null", "deep": "true"}
    assert run["tags"] | {"emel.bundle": ""} == {
        "gitlab.CI_JOB_ID": "200",
        "mlflow.source.git.commit": COMMIT,
        "mlflow.source.git.branch": "topic",
        "mlflow.source.git.repoURL": f"{gitlab.url}/team/churn",
        "emel.pipeline": f"{gitlab.url}/team/churn/-/pipelines/100",
        "emel.merge_request": f"{gitlab.url}/team/churn/-/merge_requests/1",
        "emel.report": f"{gitlab.url}/team/churn/-/jobs/200/artifacts/browse",
        "emel.gate": "passed",
        "emel.version": "v1.1.0",
        "emel.bundle": "",
    }


def test_a_job_without_a_token_says_what_is_missing_and_goes_on(
    tmp_path: Path, gitlab: FakeGitLab, project: Project
) -> None:
    job = gitlab.world.job_token(project, "ada")
    done = tracked(tmp_path, gitlab, ON, variables(gitlab, project, CI_JOB_TOKEN=job))

    assert done is not None and done.candidate is None
    assert done.reason is not None and "CI_JOB_TOKEN may not do this" in done.reason
    assert done.hint is not None and "EMEL_GITLAB_TOKEN" in done.hint


def test_nothing_is_written_without_being_asked_for(
    tmp_path: Path, gitlab: FakeGitLab, project: Project
) -> None:
    env = variables(gitlab, project, EMEL_GITLAB_TOKEN=gitlab.world.project_token(project))

    assert tracked(tmp_path, gitlab, "", env) is None
    assert gitlab.log == []
