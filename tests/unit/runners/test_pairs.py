"""Which machines and runners belong together, and which of them are over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emel.errors import MachineError
from emel.records import Machine, MachinePrice
from emel.records.forges import Runner
from emel.runners import (
    Pair,
    age,
    check_tags,
    cost,
    machine_labels,
    machine_name,
    note,
    over,
    owner_labels,
    pairs,
)

BORN = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOON, LATER = BORN + timedelta(minutes=5), BORN + timedelta(hours=1)
OWNER = owner_labels("https://gitlab.example.org/tools", "7")
PRICE = MachinePrice(per_hour=6.0, currency="RUB", source="a test")


def machine(number: int = 5, name: str = "emel-7-1", **changes: Any) -> Machine:
    labels = machine_labels(OWNER, number, BORN + timedelta(hours=2), PRICE)
    usual: dict[str, Any] = {
        "name": name,
        "id": f"m-{name}",
        "cloud": "yandex",
        "state": "running",
        "created_at": BORN.isoformat(),
        "labels": dict(labels),
    }
    return Machine(**{**usual, **changes})


def runner(number: int = 5, status: str = "online", **changes: Any) -> Runner:
    usual = {"description": "emel-7-1", "maintenance_note": note(BORN, "https://gitlab.test/-/jobs/1")}
    return Runner(id=number, status=status, **{**usual, **changes})


def test_a_machine_belongs_to_the_runner_that_it_was_made_for() -> None:
    first, second = machine(5, "emel-7-1"), machine(6, "emel-7-2")
    lone = runner(9, description="emel-7-3")
    assert pairs([first, second], [runner(5), lone]) == (
        Pair("emel-7-1", first, runner(5)),
        Pair("emel-7-2", second, None),
        Pair("emel-7-3", None, lone),
    )


@pytest.mark.parametrize(
    ("pair", "now", "why"),
    [
        (Pair("a", machine(), runner()), LATER, None),
        (Pair("a", machine(state="starting"), runner(status="never_contacted")), SOON, None),
        (Pair("a", None, runner(status="never_contacted")), SOON, None),
        (Pair("a", None, runner(status="never_contacted")), LATER, "its machine is gone"),
        (Pair("a", None, runner(status="never_contacted", maintenance_note="")), SOON, "its machine is gone"),
        (Pair("a", None, runner()), SOON, "its machine is gone"),
        (Pair("a", machine(), None), SOON, "its runner is gone"),
        (Pair("a", machine(state="stopped"), runner()), SOON, "the machine is stopped"),
        (Pair("a", machine(), runner(status="never_contacted")), LATER, "its runner has never come up"),
        (Pair("a", machine(), runner(status="offline")), LATER, "its runner is offline"),
        (
            Pair("a", machine(), runner()),
            BORN + timedelta(hours=2, minutes=16),
            "the machine is past its lifetime",
        ),
        (Pair("a", machine(), runner()), BORN + timedelta(hours=2, minutes=14), None),
    ],
)
def test_a_pair_is_over_for_a_reason(pair: Pair, now: datetime, why: str | None) -> None:
    assert over(pair, now) == why


def test_a_machine_tells_by_its_labels_what_it_has_cost() -> None:
    assert age(machine(), LATER) == 3600
    assert cost(machine(), BORN + timedelta(minutes=30)) == pytest.approx(3.0)
    assert cost(machine(labels={}), LATER) is None


def test_labels_fit_every_cloud() -> None:
    for key, value in machine_labels(OWNER, 5, LATER, PRICE).items():
        assert set(key) <= set("abcdefghijklmnopqrstuvwxyz-")
        assert set(value) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-_")


def test_projects_of_one_number_on_two_servers_are_told_apart() -> None:
    assert owner_labels("https://gitlab.example.com", "7") != OWNER
    assert owner_labels("http://gitlab.example.org:8080/tools/", "7") == OWNER


def test_in_a_job_the_name_is_that_of_the_pipeline_in_its_project() -> None:
    env = {"CI_PIPELINE_IID": "42", "CI_PIPELINE_ID": "90001"}
    assert machine_name("7", None, env) == "emel-7-42"
    assert machine_name("7", "gpu", env) == "emel-7-42-gpu"


def test_by_hand_a_name_is_given_or_new() -> None:
    assert machine_name("7", "mine", {}) == "emel-7-mine"
    assert machine_name("7", None, {}) != machine_name("7", None, {})


@pytest.mark.parametrize("bad", ["a,b", "", " "])
def test_a_tag_that_gitlab_would_cut_is_refused(bad: str) -> None:
    with pytest.raises(MachineError, match="cannot be a tag"):
        check_tags(["fine", bad])


@pytest.mark.parametrize("bad", ["Upper", "under_score", "-", "x" * 60, "a b", "$(id)"])
def test_a_name_that_no_cloud_takes_is_refused(bad: str) -> None:
    with pytest.raises(MachineError, match="cannot be the name") as caught:
        machine_name("7", bad, {})
    assert caught.value.hint
