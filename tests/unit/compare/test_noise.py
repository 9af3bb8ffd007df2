"""How much of a difference is chance, and what the gate makes of it."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest
from scipy import stats
from tests.fakes.results import FOREST, MAIN, snapshot

from emel.compare import compare
from emel.compare.noise import NORMAL, QUANTILES, bands, over_runs
from emel.records import (
    Check,
    Comparison,
    GateRule,
    MetricChange,
    MetricNoise,
    Noise,
    NoiseSource,
    Scalar,
    Verdict,
)
from emel.report.pages import comparison_page

BASE = NoiseSource(revision="main", runs=3, current=True)


def measured(*values: float, name: str = "accuracy") -> Noise:
    return Noise(lock="sha256:0", seeds={}, metrics=over_runs([{name: value} for value in values]))


def judged(rule: GateRule, base: Scalar, candidate: Scalar, *noise: Noise) -> Check:
    found = compare(
        snapshot(MAIN, {"accuracy": base}),
        snapshot(FOREST, {"accuracy": candidate}),
        rules=[rule],
        directions={},
        noise=[(BASE, one) for one in noise],
    )
    return found.verdict.checks[0]


def test_the_spread_is_that_of_a_sample() -> None:
    assert over_runs([{"f1": 0.1}, {"f1": 0.2}, {"f1": 0.3}]) == {
        "f1": MetricNoise(values=(0.1, 0.2, 0.3), mean=pytest.approx(0.2), std=pytest.approx(0.1))
    }


def test_what_is_no_number_in_every_run_has_no_spread() -> None:
    runs: list[dict[str, Scalar]] = [
        {"nan": 1.0, "text": "a", "gone": 1.0, "flag": True, "inf": math.inf},
        {"nan": math.nan, "text": "b", "flag": False, "inf": math.inf},
    ]
    assert over_runs(runs) == {}


def test_the_quantiles_are_those_of_students_distribution() -> None:
    for freedom, quantile in enumerate(QUANTILES, start=1):
        assert quantile == pytest.approx(stats.t.ppf(0.95, freedom), abs=6e-4)
    assert pytest.approx(NormalDist().inv_cdf(0.95), abs=6e-4) == NORMAL


@pytest.mark.parametrize("runs", [3, 5])
def test_of_two_runs_without_a_difference_hardly_one_in_twenty_leaves_the_band(runs: int) -> None:
    drawn = NormalDist(0.9, 0.01).samples(8_000 * (runs + 1), seed=runs)
    groups = [drawn[start : start + runs + 1] for start in range(0, len(drawn), runs + 1)]
    left = sum(first - other > bands([measured(first, *more)])["accuracy"] for first, *more, other in groups)

    # The base is one of the runs that the band was measured on, so it is a little wider than it need be.
    assert 0.03 < left / len(groups) < 0.05


def test_measurements_of_both_sides_are_pooled() -> None:
    one, other = measured(0.1, 0.2, 0.3), measured(0.5, 0.5, 0.5)

    assert bands([one, other])["accuracy"] == pytest.approx(QUANTILES[3] * math.sqrt(2 * 0.01 / 2))
    assert bands([one])["accuracy"] == pytest.approx(QUANTILES[1] * math.sqrt(2 * 0.01))


def test_two_runs_are_too_few_and_equal_runs_make_a_band_of_nothing() -> None:
    assert bands([measured(0.1, 0.2)]) == {}
    assert bands([measured(0.5, 0.5, 0.5)]) == {"accuracy": 0.0}


def test_a_drop_within_the_noise_passes_and_the_verdict_says_so() -> None:
    rule = GateRule(metric="accuracy", max_drop=0.02, noise="auto")
    noise = measured(0.90, 0.91, 0.92)

    passed, failed = judged(rule, 0.91, 0.87, noise), judged(rule, 0.91, 0.84, noise)
    assert passed.passed
    assert passed.text == "accuracy got worse by 0.04, more than 0.02, but within the noise of ±0.041"
    assert not failed.passed
    assert failed.text == "accuracy got worse by 0.07, more than 0.02, beyond the noise of ±0.041 too"
    assert passed.noise == failed.noise == pytest.approx(0.041, abs=5e-4)


def test_the_noise_may_be_a_number_of_ones_own() -> None:
    rule = GateRule(metric="accuracy", max_drop=0.0, noise=0.05)

    assert judged(rule, 0.9, 0.85).passed
    assert not judged(rule, 0.9, 0.84).passed


def test_noise_that_was_measured_changes_nothing_for_a_rule_that_does_not_ask_for_it() -> None:
    check = judged(GateRule(metric="accuracy", max_drop=0.02), 0.91, 0.87, measured(0.8, 0.9, 1.0))

    assert (check.passed, check.text) == (False, "accuracy got worse by 0.04, more than 0.02")


def test_where_nobody_measured_the_verdict_says_how() -> None:
    check = judged(GateRule(metric="accuracy", max_drop=0.02, noise="auto"), 0.91, 0.87)

    assert not check.passed
    assert check.text.endswith("; the noise is not known: `emel run --repeat 5` measures it")


def test_a_change_within_the_noise_is_told_as_one() -> None:
    change = compare(
        snapshot(MAIN, {"accuracy": 0.91}),
        snapshot(FOREST, {"accuracy": 0.90}),
        rules=[],
        directions={},
        noise=[(BASE, measured(0.90, 0.91, 0.92))],
    ).metrics[0]

    assert (change.effect, change.within_noise) == ("worse", True)
    page = comparison_page("churn", [compared_with(change)], [])
    assert "0.9000 (noise ±0.041)" in page and '<span class="bad">' not in page


def compared_with(change: MetricChange) -> Comparison:
    verdict = Verdict(passed=True, checks=())
    return Comparison(base=MAIN, candidate=FOREST, metrics=(change,), params=(), data=(), verdict=verdict)
