"""Which tier ships: the one that the user waits for least, then the one that costs least."""

from __future__ import annotations

import math

import pytest

from emel.bundle.choice import break_even, choose, may_pay
from emel.records import ColdStart, Tier, Trial


def cold(start: float, call: float) -> ColdStart:
    return ColdStart(
        seconds=start,
        cpu_seconds=start,
        peak_rss_bytes=10_000_000,
        warm_call_seconds=call,
        row_seconds=call / 2,
        bare_interpreter_seconds=0.0125,
    )


def trial(tier: Tier, start: float, call: float) -> Trial:
    return Trial(tier=tier, cold_start=cold(start, call))


# Seconds as they were measured for a large boosting model and for a linear one, beside onnxruntime.
BOOSTING = (trial("pure", 0.020, 213e-6), trial("onnx", 0.180, 64e-6))
LINEAR = (trial("pure", 0.014, 1.3e-6), trial("onnx", 0.175, 7.7e-6))


def test_the_break_even_is_where_both_have_cost_the_same() -> None:
    calls = break_even(*BOOSTING)

    assert calls == pytest.approx(0.160 / 149e-6)
    assert 0.020 + calls * 213e-6 == pytest.approx(0.180 + calls * 64e-6)
    assert break_even(*reversed(BOOSTING)) == calls


def test_a_tier_that_is_cheaper_in_both_has_no_break_even() -> None:
    assert break_even(*LINEAR) == math.inf


@pytest.mark.parametrize(("calls", "tier"), [(1000, "pure"), (1100, "onnx")])
def test_the_expected_calls_decide_on_either_side_of_the_break_even(calls: int, tier: str) -> None:
    best, why = choose(BOOSTING, max_latency=0.02, calls=calls)

    assert best.tier == tier
    assert "after 1074 calls per instance" in why
    assert str(calls) in why


def test_no_number_of_calls_makes_a_linear_model_leave_the_pure_tier() -> None:
    best, why = choose(LINEAR, max_latency=0.02, calls=10**9)

    assert (best.tier, why) == ("pure", "it starts and answers in less time than onnx")


def test_a_row_that_takes_too_long_makes_way_for_a_faster_tier() -> None:
    trials = (trial("pure", 0.05, 0.040), trial("onnx", 0.2, 0.001))

    best, why = choose(trials, max_latency=0.02, calls=1)

    assert (best.tier, why) == ("onnx", "pure takes 40 ms a row, and model.max_latency is 20 ms")


def test_where_none_is_fast_enough_the_fastest_ships_and_it_is_said() -> None:
    trials = (trial("pure", 0.05, 0.040), trial("onnx", 0.2, 0.030))

    best, why = choose(trials, max_latency=0.02, calls=1)

    assert best.tier == "onnx"
    assert why.startswith("no tier answers a row within 20 ms")


def test_a_tier_that_was_refused_is_not_chosen() -> None:
    trials = (Trial(tier="pure", refused="no reader"), trial("onnx", 0.2, 0.001))

    assert choose(trials, max_latency=0.02, calls=1)[0].tier == "onnx"


def test_another_tier_is_built_only_where_it_could_pay() -> None:
    # A row of 100 µs could save 0.1 s in 1000 calls; a start of eight interpreters is 0.1 s.
    assert not may_pay(cold(0.02, 190e-6), max_latency=0.02, calls=1000)
    assert may_pay(cold(0.02, 210e-6), max_latency=0.02, calls=1000)
    assert may_pay(cold(0.02, 0.021), max_latency=0.02, calls=1)
