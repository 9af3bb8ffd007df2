from __future__ import annotations

import math

import pytest

from emel.compare import compare, judge_function
from emel.records import Check, GateRule, Revision, Scalar, Snapshot, Verdict


def judged(
    rule: GateRule, candidate: dict[str, Scalar], base: dict[str, Scalar] | None = None
) -> tuple[Verdict, Check]:
    def snapshot(metrics: dict[str, Scalar]) -> Snapshot:
        return Snapshot(revision=Revision(label="x", commit="0" * 40), metrics=metrics, params={}, data={})

    earlier = snapshot(base) if base is not None else None
    verdict = compare(earlier, snapshot(candidate), rules=[rule], directions={}).verdict
    return verdict, verdict.checks[0]


def test_no_rules_pass() -> None:
    snapshot = Snapshot(revision=Revision(label="x", commit="0" * 40), metrics={}, params={}, data={})

    assert compare(None, snapshot, rules=[], directions={}).verdict == Verdict(passed=True, checks=())


@pytest.mark.parametrize(
    ("value", "passed", "text"),
    [
        (0.95, True, "accuracy is 0.95, at least 0.9"),
        (0.9, True, "accuracy is 0.9, at least 0.9"),
        (0.899999, False, "accuracy is 0.899999, below 0.9"),
        (-math.inf, False, "accuracy is -inf, below 0.9"),
    ],
)
def test_a_minimum(value: float, passed: bool, text: str) -> None:
    verdict, check = judged(GateRule(metric="accuracy", min=0.9), {"accuracy": value})

    assert (verdict.passed, check.passed, check.value, check.text) == (passed, passed, value, text)


def test_a_maximum() -> None:
    assert judged(GateRule(metric="loss", max=0.2), {"loss": 0.2})[1].passed
    assert judged(GateRule(metric="loss", max=0.2), {"loss": 0.21})[1].text == "loss is 0.21, above 0.2"


def test_a_drop_is_measured_against_the_base() -> None:
    rule = GateRule(metric="accuracy", max_drop=0.02)

    passed = judged(rule, {"accuracy": 0.96}, {"accuracy": 0.97})[1]
    failed = judged(rule, {"accuracy": 0.94}, {"accuracy": 0.97})[1]
    assert (passed.passed, passed.text) == (True, "accuracy got worse by 0.01, at most 0.02")
    assert (failed.passed, failed.text) == (False, "accuracy got worse by 0.03, more than 0.02")


def test_a_drop_of_exactly_the_limit_passes_though_binary_makes_it_more() -> None:
    assert 0.97 - 0.95 > 0.02

    assert judged(GateRule(metric="accuracy", max_drop=0.02), {"accuracy": 0.95}, {"accuracy": 0.97})[
        1
    ].passed


def test_where_lower_is_better_a_rise_is_the_drop() -> None:
    rule = GateRule(metric="loss", max_drop=0.1)

    assert not judged(rule, {"loss": 0.5}, {"loss": 0.3})[1].passed
    assert judged(rule, {"loss": 0.1}, {"loss": 0.3})[1].text == "loss got better by 0.2"


def test_a_drop_to_infinity_fails() -> None:
    rule = GateRule(metric="loss", max_drop=0.1)

    assert not judged(rule, {"loss": math.inf}, {"loss": 0.3})[1].passed
    assert judged(rule, {"loss": math.inf}, {"loss": math.inf})[1].passed


def test_without_a_base_there_is_nothing_to_drop_from() -> None:
    check = judged(GateRule(metric="accuracy", max_drop=0.02), {"accuracy": 0.1})[1]

    assert check.passed and "no value in the base" in check.text


def test_a_drop_needs_a_direction() -> None:
    check = judged(GateRule(metric="test.rows", max_drop=1.0), {"test.rows": 1.0}, {"test.rows": 9.0})[1]

    assert not check.passed
    assert '"test.rows" = "higher" or "lower" under [metrics]' in check.text


@pytest.mark.parametrize(
    ("metrics", "text"),
    [
        ({}, "accuracy is not among the metrics"),
        ({"accuracy": math.nan}, "accuracy is nan, which is no number"),
        ({"accuracy": "high"}, "accuracy is high, which is no number"),
        ({"accuracy": True}, "accuracy is True, which is no number"),
    ],
)
def test_a_rule_for_what_is_no_number_fails(metrics: dict[str, Scalar], text: str) -> None:
    for rule in (GateRule(metric="accuracy", min=0.0), GateRule(metric="accuracy", max_drop=9.0)):
        check = judged(rule, metrics, {})[1]
        assert (check.passed, check.value, check.text) == (False, None, text)


def test_a_metric_that_vanished_fails_its_rule() -> None:
    check = judged(GateRule(metric="accuracy", min=0.0), {}, {"accuracy": 0.9})[1]

    assert (check.passed, check.text) == (False, "accuracy is in the base, but no longer among the metrics")


def test_every_limit_of_a_rule_is_a_check() -> None:
    verdict, _ = judged(GateRule(metric="loss", min=0.1, max=0.3, max_drop=0.1), {"loss": 0.4}, {"loss": 0.1})

    assert [(check.rule, check.passed) for check in verdict.checks] == [
        ("min", True),
        ("max", False),
        ("max_drop", False),
    ]
    assert not verdict.passed


def test_a_rule_with_a_star_is_one_for_every_metric_that_fits() -> None:
    rule = GateRule(metric="slices.*.accuracy", min=0.8)
    verdict, _ = judged(rule, {"slices.old.accuracy": 0.9, "slices.new.accuracy": 0.7, "accuracy": 0.1})

    assert [(check.metric, check.passed) for check in verdict.checks] == [
        ("slices.old.accuracy", True),
        ("slices.new.accuracy", False),
    ]


def test_a_rule_with_a_star_that_fits_nothing_fails() -> None:
    check = judged(GateRule(metric="slices.*.accuracy", min=0.8), {"accuracy": 0.9})[1]

    assert (check.passed, check.text) == (False, "slices.*.accuracy fits none of the metrics")


SIZE = GateRule(metric="function.zip_bytes", max=50_000, max_drop=1000)


def of_functions(
    rule: GateRule, base: dict[str, float] | None, candidate: dict[str, float] | None
) -> list[tuple[bool, str]]:
    snapshot = Snapshot(revision=Revision(label="x", commit="0" * 40), metrics={}, params={}, data={})
    verdict = compare(snapshot, snapshot, rules=[rule], directions={}, function=(base, candidate)).verdict
    return [(check.passed, check.text) for check in verdict.checks]


def test_a_function_is_held_against_its_limits_and_the_bases() -> None:
    assert of_functions(SIZE, {"function.zip_bytes": 40_000}, {"function.zip_bytes": 42_000}) == [
        (True, "function.zip_bytes is 42000, at most 50000"),
        (False, "function.zip_bytes got worse by 2000, more than 1000"),
    ]


def test_a_function_without_a_bundle_is_told_as_not_measured() -> None:
    told = "function.zip_bytes is measured by `emel package`"

    assert of_functions(SIZE, None, None) == [(True, told), (True, told)]


def test_the_latency_is_measured_by_the_tests_of_the_endpoint() -> None:
    rule = GateRule(metric="function.p99_seconds", max=0.1)

    assert of_functions(rule, None, {"function.zip_bytes": 1.0}) == [
        (True, "function.p99_seconds is measured by `emel test`")
    ]
    assert not judge_function([rule], {"function.p99_seconds": 0.2}).passed


def test_the_agreement_with_production_is_measured_by_the_shadow() -> None:
    rule = GateRule(metric="function.agreement", min=0.98)

    assert of_functions(rule, None, None) == [(True, "function.agreement is measured by `emel shadow`")]
    assert not judge_function([rule], {"function.agreement": 0.9}).passed


def test_what_a_shadow_measures_is_judged_as_the_function_is() -> None:
    rule = GateRule(metric="shadow.p99_abs_diff", max=0.2)

    assert of_functions(rule, None, None) == [(True, "shadow.p99_abs_diff is measured by `emel shadow`")]
    assert of_functions(rule, None, {"shadow.p99_abs_diff": 0.3}) == [
        (False, "shadow.p99_abs_diff is 0.3, above 0.2")
    ]
    assert not judge_function([rule], {"shadow.p99_abs_diff": 0.3}).passed


def test_a_measure_that_does_not_exist_fails() -> None:
    [(passed, text)] = of_functions(GateRule(metric="function.size", max=1), None, None)

    assert not passed and "there are function.zip_bytes, " in text


def test_a_function_alone_is_judged_by_its_own_rules() -> None:
    rules = [GateRule(metric="accuracy", min=0.9), SIZE]
    verdict = judge_function(rules, {"function.zip_bytes": 60_000.0})

    assert [(check.rule, check.passed) for check in verdict.checks] == [("max", False), ("max_drop", True)]
