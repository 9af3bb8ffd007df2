from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.progress import Silence

from emel import config
from emel.errors import ConfigError
from emel.records import Simulation
from emel.workflows.machine import this_machine
from emel.workflows.project import Project
from emel.workflows.simulate import Demand, Timing, simulated, write_simulation

TOML = """
[model]
name = "churn"
path = "model.joblib"
sample = "sample.csv"

[function]
memory = 1024
max_instances = 2
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "emel.toml").write_text(TOML)
    return Project(tmp_path, config.load(tmp_path / "emel.toml"), this_machine())


def on(project: Project, cloud: str, *, pattern: str = "constant", rps: float = 1.0) -> Simulation:
    demand = Demand(pattern, rps, 3600.0)
    return simulated(project, demand, cloud=cloud, timing=Timing(0.5, 0.02), progress=Silence())


def test_an_hour_is_billed_by_the_clouds_own_steps_and_prices(project: Project) -> None:
    yandex, aws = on(project, "yandex"), on(project, "aws")

    # 3,600 calls of 20 ms with 1 GB, of which the first waited 500 ms for its instance.
    assert yandex.billed_gb_seconds == pytest.approx(3599 * 0.1 + 0.6)
    assert aws.billed_gb_seconds == pytest.approx(3599 * 0.02 + 0.52)
    assert (yandex.currency, aws.currency) == ("RUB", "USD")
    assert yandex.cost == pytest.approx(yandex.billed_gb_seconds / 3600 * 6.48 + 3600 / 1e6 * 18.97)
    assert yandex.points[-1].cost == pytest.approx(yandex.cost)
    assert [point.cost for point in yandex.points] == sorted(point.cost or 0 for point in yandex.points)


def test_a_month_of_it_has_the_free_tier_taken_off(project: Project) -> None:
    yandex = on(project, "yandex")
    assert yandex.cost is not None and yandex.cost_per_month is not None
    assert yandex.cost_per_month == pytest.approx(yandex.cost * 720 - 10 * 6.48 - 18.97)


def test_provisioned_instances_are_paid_for_while_they_wait(project: Project) -> None:
    kept = project._replace(config=config.load(project.root / "emel.toml", flags={"function.provisioned": 2}))
    one, other = on(project, "yandex"), on(kept, "yandex")

    assert other.cold_starts == 0 < one.cold_starts
    assert one.cost is not None and other.cost is not None
    assert other.cost - one.cost == pytest.approx(2 * 1.42 - 0.5 / 3600 * 6.48, abs=1e-6)


def test_on_this_machine_nothing_is_to_pay(project: Project) -> None:
    local = on(project, "local")
    assert (local.cost, local.currency, local.points[-1].cost) == (None, None, None)


def test_what_no_document_says_is_told_as_assumed(project: Project) -> None:
    assert "no document says so" in on(project, "aws").assumptions[0]
    assert on(project, "local").assumptions == ()


def test_more_than_can_be_simulated_in_a_while_is_refused(project: Project) -> None:
    with pytest.raises(ConfigError, match="3,600,000 requests") as problem:
        on(project, "local", rps=1000)
    assert problem.value.hint is not None and "--rps" in problem.value.hint


def test_a_pattern_that_does_not_exist_is_told_with_those_that_do(project: Project) -> None:
    with pytest.raises(ConfigError, match="neither a pattern nor a file") as problem:
        on(project, "local", pattern="dayly")
    assert problem.value.hint is not None and "constant, poisson, burst, daily" in problem.value.hint


def test_it_can_be_drawn(project: Project, tmp_path: Path) -> None:
    write_simulation(on(project, "yandex", pattern="burst"), tmp_path / "plots" / "scaling.png")
    assert (tmp_path / "plots" / "scaling.png").read_bytes().startswith(b"\x89PNG\r\n")
