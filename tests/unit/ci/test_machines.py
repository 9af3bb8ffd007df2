"""The jobs around a training on a cloud machine: when they run, whom they wait for, what they sign in to."""

from __future__ import annotations

from typing import Any

import pytest
from tests.fakes import gitlab_events as events
from tests.fakes.gitlab_rules import PlannedPipeline, needed, plan
from tests.unit.ci.test_text import filled_in

from emel.ci import Spec, as_include, as_pipeline, component

TAG = "emel-$CI_PROJECT_ID-$CI_PIPELINE_IID"


@pytest.fixture
def on_machine(spec: Spec) -> Spec:
    return spec._replace(cloud="yandex", machine="aws", longest="6h")


def planned(spec: Spec, event: events.Event) -> PlannedPipeline:
    made = plan(as_pipeline(spec), event)
    assert made is not None
    return made


def test_the_machine_is_there_before_the_training_and_stopped_after_it(on_machine: Spec) -> None:
    made = planned(on_machine, events.merge_request())

    assert needed(made.jobs["train"].config) == {"runner": False}
    assert made.jobs["train"].config["tags"] == [TAG]
    assert made.jobs["train"].config["timeout"] == "6h"
    assert needed(made.jobs["stop-runner"].config) == {"train": False}
    assert made.jobs["runner"].config["script"] == ["emel runner launch --yes"]


@pytest.mark.parametrize("event", [events.merge_request(), events.push("main"), events.push("topic")])
def test_it_is_stopped_however_the_training_ended(on_machine: Spec, event: events.Event) -> None:
    made = planned(on_machine, event)

    assert "runner" in made.automatic
    assert made.jobs["stop-runner"].when == "always"
    assert not made.cancelled_by_new_commit("stop-runner")
    assert made.cancelled_by_new_commit("runner") and made.cancelled_by_new_commit("train")


def test_a_machine_that_may_be_lost_is_watched_beside_the_training(on_machine: Spec) -> None:
    made = planned(on_machine._replace(spot=True), events.merge_request())

    assert made.jobs["train"].config["stage"] == made.jobs["runner"].config["stage"] == "train"
    assert "needs" not in made.jobs["train"].config
    assert made.jobs["runner"].config["script"] == ["emel runner launch --yes --wait"]
    assert made.jobs["runner"].config["timeout"] == "6h"


@pytest.mark.parametrize("in_fork", [True, False])
def test_a_fork_launches_nothing_and_waits_for_no_machine(on_machine: Spec, in_fork: bool) -> None:
    assert plan(as_pipeline(on_machine), events.merge_request_of_fork(in_fork=in_fork)) is None


def test_a_schedule_removes_what_broken_pipelines_left(on_machine: Spec) -> None:
    made = planned(on_machine, events.schedule())

    assert made.automatic == {"prune-previews", "prune-runners"}
    assert made.jobs["prune-runners"].config["script"] == ["emel runner prune --yes"]


def test_the_jobs_sign_in_to_the_machines_cloud_and_the_training_to_none(on_machine: Spec) -> None:
    def tokens(spec: Spec, job: str) -> list[str]:
        return list(planned(spec, events.merge_request()).jobs[job].config.get("id_tokens", {}))

    assert tokens(on_machine, "runner") == tokens(on_machine, "stop-runner") == ["AWS_ID_TOKEN"]
    assert tokens(on_machine, "preview") == ["GITLAB_OIDC_TOKEN"]
    assert tokens(on_machine, "train") == []
    assert tokens(on_machine._replace(machine="yandex"), "runner") == ["GITLAB_OIDC_TOKEN"]
    assert tokens(on_machine._replace(machine="kubernetes"), "runner") == []
    assert tokens(on_machine._replace(cloud=None, machine="yandex"), "runner") == ["GITLAB_OIDC_TOKEN"]


def test_a_machine_on_the_runners_own_computer_is_found_by_the_job_that_stops_it(spec: Spec) -> None:
    made = planned(spec._replace(machine="local"), events.merge_request())

    assert made.jobs["stop-runner"].config["variables"]["GIT_CLEAN_FLAGS"] == "-ffdx -e .emel/machines"


def test_an_include_has_the_same_jobs(on_machine: Spec) -> None:
    made = plan(as_include(on_machine._replace(stage="test")), events.merge_request())

    assert made and {"runner", "train", "stop-runner"} <= made.automatic


@pytest.mark.parametrize(("machine", "launched"), [("none", False), ("on-demand", True), ("spot", True)])
def test_the_component_launches_one_where_its_input_says_so(machine: str, launched: bool) -> None:
    text = filled_in(component(), cloud="aws", machine=machine, runner_tags=[TAG])
    of_commit, of_schedule = plan(text, events.merge_request()), plan(text, events.schedule())

    assert of_commit and of_schedule
    assert ({"runner", "stop-runner"} <= of_commit.automatic) is launched
    assert ("prune-runners" in of_schedule.automatic) is launched
    assert (plan(text, events.merge_request_of_fork(in_fork=True)) is None) is launched


@pytest.mark.parametrize(
    ("gitlab", "more"),
    [(None, []), ((18, 11), []), ((19, 1), ["runner_interrupted", "no_updates_running"])],
)
def test_a_lost_machine_is_a_reason_to_repeat_in_words_that_the_server_knows(
    on_machine: Spec, gitlab: Any, more: list[str]
) -> None:
    made = planned(on_machine._replace(spot=True, gitlab=gitlab), events.merge_request())

    # A server that does not know `runner_interrupted` says `unknown_failure` of it.
    portable = ["runner_system_failure", "unknown_failure", "stuck_or_timeout_failure"]
    assert made.jobs["train"].config["retry"] == {"max": 2, "when": [*portable, *more]}


def test_a_sweep_is_started_by_a_person_and_nothing_waits_for_it(spec: Spec) -> None:
    text = as_pipeline(spec._replace(sweeps=True))
    for event in (events.merge_request(), events.push("topic"), events.push("main")):
        made = plan(text, event)
        assert made
        assert made.jobs["sweep"].when == "manual"
        assert made.jobs["sweep"].config["allow_failure"] is True
        assert needed(made.jobs["sweep-cells"].config) == {"sweep": False}
        assert "sweep-cells" not in {name for job in made.jobs.values() for name in needed(job.config)}


def test_no_fork_and_no_schedule_sweeps(spec: Spec) -> None:
    text = as_pipeline(spec._replace(sweeps=True, schedule="train"))
    for event in (events.merge_request_of_fork(in_fork=False), events.schedule()):
        made = plan(text, event)
        assert made and "sweep" not in made.jobs


def test_the_default_branch_alone_repeats_its_training(spec: Spec) -> None:
    train = planned(spec._replace(repeat=5), events.merge_request()).jobs["train"].config

    assert (
        'if [ "$CI_COMMIT_BRANCH" = "$CI_DEFAULT_BRANCH" ]; then emel run --repeat 5; else emel run; fi'
        in train["script"]
    )
    assert "emel.noise.json" in train["artifacts"]["paths"]
