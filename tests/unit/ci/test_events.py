"""Which jobs the generated pipeline runs at which event, by an evaluator of GitLab's own rules."""

from __future__ import annotations

import pytest
from tests.fakes import gitlab_events as events
from tests.fakes.gitlab_rules import RefusedError, holds, plan

from emel.ci import Spec, as_include, as_pipeline

OF_MERGE_REQUEST = {"train", "preview", "api-test", "shadow", "report"}


def started(text: str, event: events.Event) -> set[str]:
    """The jobs that run without anybody's click."""
    made = plan(text, event)
    return made.automatic if made else set()


def test_a_merge_request_is_trained_previewed_tested_and_reported(spec: Spec) -> None:
    assert started(as_pipeline(spec), events.merge_request()) == OF_MERGE_REQUEST


def test_the_default_branch_is_trained_reported_and_deployed(spec: Spec) -> None:
    assert started(as_pipeline(spec), events.push("main")) == {"train", "report", "deploy"}


def test_a_branch_without_a_merge_request_is_trained_and_reported(spec: Spec) -> None:
    assert started(as_pipeline(spec), events.push("topic")) == {"train", "report"}


def test_a_branch_with_a_merge_request_has_that_pipeline_alone(spec: Spec) -> None:
    assert plan(as_pipeline(spec), events.push("topic", open_merge_request=True)) is None


def test_a_pipeline_that_a_person_starts_is_never_taken_for_a_duplicate(spec: Spec) -> None:
    event = events.by_hand("topic", open_merge_request=True)

    assert started(as_pipeline(spec), event) == {"train", "report"}


def test_the_default_branch_is_deployed_though_it_is_itself_to_be_merged_somewhere(spec: Spec) -> None:
    assert "deploy" in started(as_pipeline(spec), events.push("main", open_merge_request=True))


@pytest.mark.parametrize("in_fork", [True, False])
def test_a_merge_request_of_a_fork_is_trained_and_reported_and_never_reaches_the_cloud(
    spec: Spec, in_fork: bool
) -> None:
    made = plan(as_pipeline(spec), events.merge_request_of_fork(in_fork=in_fork))

    assert made is not None
    assert set(made.jobs) == {"train", "report"}


def test_a_tag_starts_nothing(spec: Spec) -> None:
    assert plan(as_pipeline(spec), events.tag("churn@v1.0.0")) is None


def test_a_schedule_removes_forgotten_previews_and_trains_nothing(spec: Spec) -> None:
    assert started(as_pipeline(spec), events.schedule()) == {"prune-previews"}


def test_a_schedule_may_train_and_deploy_too(spec: Spec) -> None:
    text = as_pipeline(spec._replace(schedule="train"))

    assert started(text, events.schedule()) == {"prune-previews", "train", "report", "deploy"}


def test_production_may_wait_for_a_click(spec: Spec) -> None:
    made = plan(as_pipeline(spec._replace(production="manual")), events.push("main"))

    assert made is not None
    assert made.jobs["deploy"].when == "manual"


def test_without_a_cloud_there_are_versions_and_no_endpoints(spec: Spec) -> None:
    text = as_pipeline(spec._replace(cloud=None))

    assert started(text, events.merge_request()) == {"train", "report"}
    assert started(text, events.push("main")) == {"train", "report", "deploy"}
    assert plan(text, events.schedule()) is None


def test_the_report_is_written_also_when_the_gate_says_no_and_nothing_is_deployed(spec: Spec) -> None:
    text = as_pipeline(spec)
    of_merge_request, of_main = plan(text, events.merge_request()), plan(text, events.push("main"))

    assert of_merge_request and of_main
    assert of_merge_request.after_failure_of("train") == {"report"}
    assert of_main.after_failure_of("train") == {"report"}
    assert "report" in of_merge_request.after_failure_of("preview")


def test_the_preview_is_stopped_by_a_job_that_nothing_waits_for(spec: Spec) -> None:
    made = plan(as_pipeline(spec), events.merge_request())

    assert made is not None
    stop = made.jobs[made.jobs["preview"].config["environment"]["on_stop"]]
    assert (stop.when, stop.config["environment"]["action"]) == ("manual", "stop")
    assert stop.config["allow_failure"] is True
    assert stop.config["needs"] == []


def test_a_new_commit_cancels_all_but_what_changes_a_cloud(spec: Spec) -> None:
    text = as_pipeline(spec)
    of_merge_request, of_main = plan(text, events.merge_request()), plan(text, events.push("main"))

    assert of_merge_request and of_main
    cancelled = {job for job in of_merge_request.jobs if of_merge_request.cancelled_by_new_commit(job)}
    assert cancelled == {"train", "api-test", "shadow", "report"}
    assert not of_main.cancelled_by_new_commit("deploy")


def test_what_changes_an_endpoint_runs_one_at_a_time(spec: Spec) -> None:
    made, main = plan(as_pipeline(spec), events.merge_request()), plan(as_pipeline(spec), events.push("main"))

    assert made and main
    assert made.resource_group("preview") == made.resource_group("stop-preview") == "preview/mr-7"
    assert main.resource_group("deploy") == "production"
    assert made.resource_group("report") == "report-topic"


def test_a_project_in_a_folder_is_trained_when_its_own_files_change(spec: Spec) -> None:
    text = as_pipeline(spec._replace(folder="churn"))

    assert plan(text, events.merge_request(changed=["README.md", "fraud/train.py"])) is None
    assert plan(text, events.push("main", changed=["fraud/train.py"])) is None
    assert started(text, events.merge_request(changed=["churn/src/train.py"])) == OF_MERGE_REQUEST
    assert "deploy" in started(text, events.push("main", changed=["churn/emel.toml"]))


def test_included_jobs_run_where_the_other_jobs_have_no_rules_of_their_own(spec: Spec) -> None:
    text = as_include(spec._replace(stage="test")) + "\nlint:\n  script: [ruff check]\n"

    assert started(text, events.merge_request()) == OF_MERGE_REQUEST | {"lint"}
    assert started(text, events.push("main")) == {"train", "report", "deploy", "lint"}
    # Without rules for the pipeline as a whole a branch has one of its own: ours must not train twice.
    assert started(text, events.push("topic", open_merge_request=True)) == {"lint"}


def test_retries_are_for_faults_of_runners_that_every_gitlab_knows(spec: Spec) -> None:
    made = plan(as_pipeline(spec), events.merge_request())

    assert made is not None
    portable = ["runner_system_failure", "unknown_failure", "stuck_or_timeout_failure"]
    assert {tuple(job.config["retry"]["when"]) for job in made.jobs.values()} == {tuple(portable)}


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ("$ABSENT == null", True),
        ("$A != $ABSENT", True),
        ("$EMPTY", False),
        ('$A == "x" && $ABSENT || $B', True),
        ('$A == "x" && ($ABSENT || $EMPTY)', False),
        ("$B =~ /^y/", True),
        ("$B !~ /^y/", False),
        ("$ABSENT =~ /y/", False),
    ],
)
def test_the_evaluator_reads_conditions_as_gitlab_documents_them(condition: str, truth: bool) -> None:
    assert holds(condition, {"A": "x", "B": "yes", "EMPTY": ""}) is truth


def test_the_evaluator_refuses_what_gitlab_would_refuse(spec: Spec) -> None:
    text = as_pipeline(spec)
    with pytest.raises(RefusedError, match="'preview' job needs 'train' job"):
        plan(text.replace("\ntrain:\n", "\n.train:\n"), events.merge_request())
    with pytest.raises(RefusedError, match="stage verify does not exist"):
        plan(text.replace("  - verify\n", ""), events.merge_request())
    with pytest.raises(RefusedError, match="cannot be read"):
        holds("$A = 'x'", {})
