"""Candidates of model experiments: written by emel, and by MLflow's own client on the same server."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import msgspec
import pytest
from tests.fakes.gitlab import REPORTER, FakeGitLab, Fault, Project, Reply
from tests.fakes.gitlab.project import forge_of, usual_project

from emel.errors import ForgeError
from emel.forge import Forge
from emel.records.forges import Candidate

CANDIDATE = Candidate(
    name="forest #12",
    time_ms=1_790_000_000_000,
    metrics={"accuracy": 0.9648, "log_loss": 0.1265},
    params={"model": "random_forest", "trees": "100"},
    tags={"mlflow.source.git.commit": "4" * 40, "gitlab.CI_JOB_ID": "200"},
)
CLIENT = """
import json, os, sys
from mlflow import MlflowClient

client = MlflowClient(tracking_uri=os.environ["MLFLOW_TRACKING_URI"])
experiment = client.get_experiment_by_name("churn")
if len(sys.argv) > 1:
    made = client.create_run(experiment.experiment_id, run_name=sys.argv[1])
    client.log_param(made.info.run_id, "by", "mlflow")
    client.log_metric(made.info.run_id, "accuracy", 0.5)
    client.set_terminated(made.info.run_id, "FAILED")
runs = client.search_runs([experiment.experiment_id])
print(json.dumps([
    [run.info.run_name, run.info.status, run.data.metrics, run.data.params, run.data.tags] for run in runs
]))
"""


@pytest.fixture
def project(gitlab: FakeGitLab) -> Project:
    return usual_project(gitlab)


@pytest.fixture
def forge(gitlab: FakeGitLab, project: Project) -> Forge:
    return forge_of(gitlab, project)


def by_mlflow(gitlab: FakeGitLab, project: Project, *arguments: str) -> list[Any]:
    """Name, status, metrics, parameters and tags of each run, as MLflow's client reads them."""
    env = {
        "MLFLOW_TRACKING_URI": f"{gitlab.api_url}/projects/{project.id}/ml/mlflow",
        "MLFLOW_TRACKING_TOKEN": gitlab.world.project_token(project),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }
    command = [sys.executable, "-c", CLIENT, *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def runs(project: Project) -> list[dict[str, Any]]:
    return [run for experiment in project.experiments.values() for run in experiment["runs"].values()]


@pytest.mark.slow
def test_mlflows_client_reads_what_is_written_and_its_run_is_taken_up(
    gitlab: FakeGitLab, project: Project, forge: Forge
) -> None:
    written = forge.experiments.track("churn", CANDIDATE)

    assert written.created
    assert written.url == f"{gitlab.url}/{project.path}/-/ml/experiments/1"
    found = by_mlflow(gitlab, project, "linear #13")
    assert found[1] == [CANDIDATE.name, "FINISHED", CANDIDATE.metrics, CANDIDATE.params, CANDIDATE.tags]

    theirs = forge.experiments.track("churn", msgspec.structs.replace(CANDIDATE, name="linear #13"))
    assert not theirs.created
    assert runs(project)[1]["params"] == {"by": "mlflow", **CANDIDATE.params}
    assert runs(project)[1]["status"] == "FINISHED"


def test_the_same_name_again_is_the_same_candidate_with_new_metrics(project: Project, forge: Forge) -> None:
    first = forge.experiments.track("churn", CANDIDATE)
    params = {**CANDIDATE.params, "depth": "3"}
    changed = msgspec.structs.replace(CANDIDATE, metrics={"accuracy": 0.97}, params=params)
    second = forge.experiments.track("churn", changed)

    assert (second.id, second.created) == (first.id, False)
    (run,) = runs(project)
    assert run["metrics"][-1]["value"] == 0.97
    assert run["params"] == params


AGAIN = msgspec.structs.replace(
    CANDIDATE, params={**CANDIDATE.params, "trees": "200"}, tags={**CANDIDATE.tags, "gitlab.CI_JOB_ID": "201"}
)


def test_a_candidate_with_other_values_by_now_is_replaced(project: Project, forge: Forge) -> None:
    first = forge.experiments.track("churn", CANDIDATE)
    second = forge.experiments.track("churn", AGAIN)

    assert second.id != first.id and not second.created
    (run,) = runs(project)
    assert (run["params"], run["tags"]) == (AGAIN.params, AGAIN.tags)


def test_a_candidate_that_somebody_has_added_to_is_not_replaced(project: Project, forge: Forge) -> None:
    first = forge.experiments.track("churn", CANDIDATE)
    runs(project)[0]["tags"]["note"] = "by hand"
    second = forge.experiments.track("churn", AGAIN)

    assert second.id == first.id
    (run,) = runs(project)
    assert (run["params"]["trees"], run["tags"]["note"]) == ("100", "by hand")


def test_on_a_server_that_deletes_none_the_candidate_stays(
    gitlab: FakeGitLab, project: Project, forge: Forge
) -> None:
    first = forge.experiments.track("churn", CANDIDATE)
    gitlab.faults.add("POST", "/runs/delete$", Fault(reply=Reply(404, {"error": "404 Not Found"})))
    second = forge.experiments.track("churn", AGAIN)

    assert second.id == first.id
    assert len(runs(project)) == 1


def test_what_is_too_long_does_not_keep_the_rest_away(project: Project, forge: Forge) -> None:
    forge.experiments.track(
        "churn",
        msgspec.structs.replace(
            CANDIDATE,
            metrics={"x" * 251: 1.0, "accuracy": 0.9},
            params={"y" * 251: "1", "long": "z" * 300, "empty": ""},
            tags={"note": "n" * 6000},
        ),
    )

    (run,) = runs(project)
    assert [metric["key"] for metric in run["metrics"]] == ["accuracy"]
    assert run["params"] == {"long": "z" * 250}
    assert len(run["tags"]["note"]) == 5000


def test_an_experiment_that_another_makes_meanwhile_is_taken(
    gitlab: FakeGitLab, project: Project, forge: Forge
) -> None:
    forge.experiments.track("churn", CANDIDATE)
    absent = Reply(404, {"error_code": "RESOURCE_DOES_NOT_EXIST"})
    gitlab.faults.add("GET", "/get-by-name$", Fault(reply=absent))

    assert not forge.experiments.track("churn", CANDIDATE).created
    assert len(project.experiments) == 1


@pytest.mark.parametrize(("role", "status"), [(REPORTER, 401), (0, 404)])
def test_a_token_that_may_not_is_told_what_may(
    gitlab: FakeGitLab, project: Project, role: int, status: int
) -> None:
    with pytest.raises(ForgeError) as caught:
        forge_of(gitlab, project, role=role).experiments.track("churn", CANDIDATE)

    assert caught.value.status == status
    assert caught.value.hint is not None and "scope `api`" in caught.value.hint
    assert project.experiments == {}


def test_a_job_token_is_not_tried(gitlab: FakeGitLab, project: Project) -> None:
    job = gitlab.world.job_token(project, "ada")
    forge = forge_of(gitlab, project, "", CI_JOB_TOKEN=job)

    with pytest.raises(ForgeError, match="may not do this"):
        forge.experiments.track("churn", CANDIDATE)
    assert gitlab.log == []
