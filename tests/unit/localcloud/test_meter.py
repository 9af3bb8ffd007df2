from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emel.localcloud.meter import Counters, counted_up_to, percentile, total


def counted(*seconds: float, memory: int = 1024) -> Counters:
    counters = Counters()
    for value in seconds:
        counters.add(seconds=value, billed=value, memory=memory, status=200, cold=False)
    return counters


@pytest.mark.parametrize(("seconds", "billed"), [(0.001, 0.1), (0.1, 0.1), (0.11, 0.2), (1.0, 1.0)])
def test_a_call_is_billed_in_whole_tenths_of_a_second(seconds: float, billed: float) -> None:
    assert counted(seconds).billed_gb_seconds == pytest.approx(billed)


def test_the_bill_grows_with_the_memory_class() -> None:
    assert counted(0.1, memory=128).billed_gb_seconds == pytest.approx(0.1 / 8)


def test_percentiles_of_nothing_are_unknown() -> None:
    assert percentile({}, 0.5) is None


@given(st.lists(st.floats(1e-4, 100), min_size=1, max_size=50), st.sampled_from([0.5, 0.95, 0.99]))
def test_percentiles_are_right_to_two_percent(seconds: list[float], share: float) -> None:
    ordered = sorted(seconds)
    rank = next(place for place in range(len(ordered)) if place + 1 >= share * len(ordered))
    assert percentile(counted(*seconds).latency, share) == pytest.approx(ordered[rank], rel=0.021)


def test_answers_are_counted_by_status() -> None:
    counters = counted(0.1, 0.1, 0.1)
    counters.refuse()
    counters.recount(200)
    assert counters.statuses == {200: 2, 429: 1, 502: 1}
    assert (counters.calls, counters.errors, counters.refused) == (3, 1, 1)


@given(st.lists(st.floats(1e-4, 100), max_size=50))
def test_the_counts_of_a_histogram_are_right_beyond_a_step_around_the_bound(seconds: list[float]) -> None:
    bounds = [0.001, 0.1, 2.5, 1e9]
    found = counted_up_to(counted(*seconds).latency, bounds)
    for bound, count in zip(bounds, found, strict=True):
        sure = sum(value <= bound / 1.04 for value in seconds)
        assert sure <= count <= sum(value <= bound * 1.04 for value in seconds)


def test_counters_of_versions_add_up() -> None:
    one, other = counted(0.1, 0.2), counted(0.2)
    for _ in range(3):
        other.refuse()
    both = total([one, other])
    assert (both.calls, both.refused, sum(both.latency.values())) == (3, 3, 3)
    assert both.billed_gb_seconds == pytest.approx(0.5)
    assert both.statuses == {200: 3, 429: 3}
    assert both.seconds == both.run_seconds == pytest.approx(0.5)
