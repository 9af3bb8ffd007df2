"""What the platform's rules of scaling do with traffic, on a simulated clock."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emel.errors import ConfigError
from emel.localcloud.simulation import POINTS, Function, simulate
from emel.localcloud.traffic import PATTERNS, recorded
from emel.records import FunctionSettings, Simulation


def run(
    arrivals: list[float],
    *,
    seconds: float = 60.0,
    start: float = 1.0,
    call: float = 0.1,
    queue: bool = True,
    step: float = 0.1,
    **values: float,
) -> Simulation:
    function = Function(FunctionSettings(**{"memory": 1024, **values}), start, call, step, queue)  # type: ignore[arg-type]
    return simulate(function, arrivals, seconds, cloud="local", pattern="test")


def test_the_first_request_waits_for_a_start_and_the_next_does_not() -> None:
    result = run([0.0, 5.0, 10.0])

    assert (result.requests, result.answered, result.cold_starts, result.most_instances) == (3, 3, 1, 1)
    assert result.p50_seconds == pytest.approx(0.1)
    assert result.p99_seconds == pytest.approx(1.1)


def test_provisioned_instances_are_warm_when_the_traffic_begins() -> None:
    result = run([0.0, 0.0], provisioned=2)
    assert (result.cold_starts, result.p99_seconds) == (0, pytest.approx(0.1))


def test_an_instance_ends_when_it_was_idle_for_so_long() -> None:
    assert run([0.0, 30.0], idle_seconds=60).cold_starts == 1
    assert run([0.0, 30.0], idle_seconds=10).cold_starts == 2
    assert run([0.0], idle_seconds=10).mean_instances == pytest.approx((1.1 + 10) / 60, rel=0.02)


def test_what_the_queue_cannot_hold_is_refused() -> None:
    result = run([0.0] * 40, max_instances=1)
    assert (result.answered, result.refused) == (32, 8)


def test_a_cloud_without_a_queue_refuses_what_finds_no_instance() -> None:
    result = run([0.0] * 5, max_instances=2, queue=False)
    assert (result.answered, result.refused, result.most_instances) == (2, 3, 2)


def test_a_call_that_takes_too_long_is_ended() -> None:
    result = run([0.0], provisioned=1, call=5.0, timeout=2.0)
    assert (result.answered, result.timeouts) == (0, 1)


def test_a_call_is_billed_for_whole_steps_and_a_cold_one_for_its_start_too() -> None:
    assert run([0.0], provisioned=1, call=0.12).billed_gb_seconds == pytest.approx(0.2)
    assert run([0.0], start=1.0, call=0.12).billed_gb_seconds == pytest.approx(1.2)
    assert run([0.0], provisioned=1, call=0.1204, step=0.001).billed_gb_seconds == pytest.approx(0.121)


@settings(max_examples=40)
@given(
    arrivals=st.lists(st.floats(0, 59), max_size=80).map(sorted),
    maximum=st.integers(1, 5),
    provisioned=st.integers(0, 5),
    call=st.sampled_from([0.001, 0.1, 3.0]),
    queue=st.booleans(),
)
def test_whatever_the_traffic_the_sums_are_right(
    arrivals: list[float], maximum: int, provisioned: int, call: float, queue: bool
) -> None:
    result = run(
        arrivals, call=call, queue=queue, max_instances=maximum, provisioned=provisioned, timeout=2.0
    )

    assert result.requests == len(arrivals) == result.answered + result.refused + result.timeouts
    assert result.most_instances <= maximum
    assert result.cold_starts <= result.answered + result.timeouts
    assert len(result.points) == POINTS
    assert sum(point.requests for point in result.points) == result.requests
    assert sum(point.refused for point in result.points) == result.refused
    assert sum(point.cold_starts for point in result.points) == result.cold_starts
    assert result.points[-1].billed_gb_seconds == pytest.approx(result.billed_gb_seconds)
    assert max(point.instances for point in result.points) == result.most_instances


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_brings_as_many_requests_as_it_says(name: str) -> None:
    seconds = 86400.0 if name == "daily" else 3600.0
    arrivals = list(PATTERNS[name](0.5, seconds).arrivals)

    assert len(arrivals) == pytest.approx(0.5 * seconds, rel=0.1)
    assert all(earlier <= later for earlier, later in pairwise(arrivals))
    assert arrivals[0] >= 0 and arrivals[-1] < seconds


def test_bursts_leave_most_of_a_minute_empty_and_nights_are_quiet() -> None:
    assert all(moment % 60 < 5 for moment in PATTERNS["burst"](1, 600).arrivals)
    day = list(PATTERNS["daily"](0.1, 86400).arrivals)
    assert sum(moment < 3600 for moment in day) < 30 < sum(43200 <= moment < 46800 for moment in day)


def test_recorded_requests_come_when_they_came(tmp_path: Path) -> None:
    file = tmp_path / "requests.csv"
    file.write_text("time,path\n2026-11-22T09:00:00Z,/\n2026-11-22T09:00:01.5Z,/\n2026-11-22T09:01:00Z,/\n")
    traffic = recorded(file)
    assert (list(traffic.arrivals), traffic.seconds) == ([0.0, 1.5, 60.0], 60.0)


def test_a_recorded_rate_holds_until_the_next_line(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("time,rps\n0,10\n100,0\n200,20\n300,0\n")
    traffic = recorded(file)
    arrivals = list(traffic.arrivals)
    assert traffic.seconds == 300
    assert sum(moment < 100 for moment in arrivals) == pytest.approx(1000, rel=0.15)
    assert not [moment for moment in arrivals if 100 <= moment < 200]
    assert sum(moment >= 200 for moment in arrivals) == pytest.approx(2000, rel=0.15)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no column `time`"),
        ("when\n1\n", "no column `time`"),
        ("time\n", "no line of traffic"),
        ("time\n1\n", "no length"),
        ("time\n2\n1\n", r"bad.csv:3: the times do not ascend"),
        ("time\n1\nsoon\n", r"bad.csv:3: not a moment"),
        ("time,rps\n1,-2\n2,0\n", r"bad.csv:2: a rate of -2"),
        ("time,rps\n1,nan\n2,0\n", r"bad.csv:2: a rate of nan"),
        ("time,rps\n1\n2,0\n", r"bad.csv:2"),
        ("time\n\xff\n", "cannot be read|not a moment"),
    ],
)
def test_traffic_that_cannot_be_read_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=told):
        recorded(file)
