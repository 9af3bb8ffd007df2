from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emel.compare import compare
from emel.records import Comparison, Direction, GateRule, MetricChange, Revision, Scalar, Snapshot


def snapshot(metrics: dict[str, Scalar], *, label: str = "main", **other: dict[str, Scalar]) -> Snapshot:
    return Snapshot(
        revision=Revision(label=label, commit="0" * 40),
        metrics=metrics,
        params=other.get("params", {}),
        data={path: str(digest) for path, digest in other.get("data", {}).items()},
    )


def change(base: Scalar, candidate: Scalar, direction: Direction | None = "higher") -> MetricChange:
    directions: dict[str, Direction] = {"x": direction} if direction else {}
    compared = compare(snapshot({"x": base}), snapshot({"x": candidate}), rules=(), directions=directions)
    return compared.metrics[0]


def test_a_metric_has_its_difference_and_what_it_means() -> None:
    found = change(0.8, 0.9)

    assert found.delta == pytest.approx(0.1)
    assert found.relative == pytest.approx(0.125)
    assert found.effect == "better"


def test_where_lower_is_better_less_is_better() -> None:
    assert change(0.5, 0.4, "lower").effect == "better"
    assert change(0.4, 0.5, "lower").effect == "worse"


def test_without_a_direction_a_difference_is_only_a_change() -> None:
    assert change(0.5, 0.4, None).effect == "changed"


def test_equal_values_are_the_same_whatever_they_are() -> None:
    for value in (0.0, 1, math.nan, math.inf, "text", None, True):
        assert change(value, value).effect == "same"
    assert change(0.0, -0.0).effect == "same"
    assert change(1, 1.0).effect == "same"


def test_a_truth_value_is_no_number() -> None:
    found = change(1, True)

    assert (found.effect, found.delta) == ("worse", None)


def test_a_number_that_became_nan_got_worse() -> None:
    found = change(0.9, math.nan)

    assert (found.effect, found.delta, found.relative) == ("worse", None, None)
    assert change(math.nan, 0.9).effect == "changed"


def test_infinity_has_an_order_but_no_difference() -> None:
    found = change(0.9, math.inf, "lower")

    assert (found.effect, found.delta, found.relative) == ("worse", None, None)


def test_there_is_no_relative_change_from_zero() -> None:
    assert change(0.0, 0.5).relative is None
    assert change(-0.0, 0.5).relative is None


def test_relative_change_is_told_against_the_size_of_the_base() -> None:
    assert change(-2.0, -1.0).relative == pytest.approx(0.5)


def test_words_change_without_a_number() -> None:
    found = change("good", "bad")

    assert (found.effect, found.delta) == ("changed", None)


def test_metrics_keep_the_candidates_order_and_vanished_ones_come_last() -> None:
    compared = compare(
        snapshot({"gone": 1.0, "b": 1.0}), snapshot({"b": 1.0, "new": 2.0}), rules=(), directions={}
    )

    assert [(item.name, item.effect) for item in compared.metrics] == [
        ("b", "same"),
        ("new", "new"),
        ("gone", "gone"),
    ]


def test_without_a_base_all_metrics_are_new_and_nothing_else_changed() -> None:
    candidate = snapshot({"accuracy": 0.9}, params={"depth": 3}, data={"model": "md5:1"})
    compared = compare(None, candidate, rules=(), directions={})

    assert compared.base is None
    assert [item.effect for item in compared.metrics] == ["new"]
    assert compared.params == () and compared.data == ()


def test_parameters_are_told_when_they_differ_appear_or_vanish() -> None:
    compared = compare(
        snapshot({}, params={"same": 1, "depth": 3, "old": None}),
        snapshot({}, params={"same": 1, "depth": 6, "new": None}),
        rules=(),
        directions={},
    )

    assert [(item.name, item.base, item.candidate, item.effect) for item in compared.params] == [
        ("depth", 3, 6, "changed"),
        ("new", None, None, "new"),
        ("old", None, None, "gone"),
    ]


def test_true_and_one_are_different_parameters() -> None:
    compared = compare(
        snapshot({}, params={"shuffle": 1}), snapshot({}, params={"shuffle": True}), rules=(), directions={}
    )

    assert [item.name for item in compared.params] == ["shuffle"]


def test_data_are_told_by_path_with_both_digests() -> None:
    compared = compare(
        snapshot({}, data={"b.csv": "md5:1", "same": "md5:0", "a.csv": "md5:2"}),
        snapshot({}, data={"b.csv": "md5:9", "same": "md5:0", "c.csv": "md5:3"}),
        rules=(),
        directions={},
    )

    assert [(item.path, item.base, item.candidate) for item in compared.data] == [
        ("a.csv", "md5:2", None),
        ("b.csv", "md5:1", "md5:9"),
        ("c.csv", None, "md5:3"),
    ]


NUMBERS = (
    st.floats(allow_nan=True, allow_infinity=True) | st.integers() | st.booleans() | st.none() | st.text()
)


def compared_by(base: dict[str, Scalar], candidate: dict[str, Scalar]) -> Comparison:
    rules = [GateRule(metric=name, min=0.0, max=1.0, max_drop=0.1) for name in (*base, "absent")]
    return compare(snapshot(base), snapshot(candidate), rules=rules, directions={"x": "higher", "y": "lower"})


VALUES = st.dictionaries(st.sampled_from(["x", "y", "z", "accuracy", "loss"]), NUMBERS)


# On a machine that is busy the first values may come too slowly for hypothesis.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(VALUES, VALUES)
def test_any_two_snapshots_can_be_compared(base: dict[str, Scalar], candidate: dict[str, Scalar]) -> None:
    compared = compared_by(base, candidate)

    assert {item.name for item in compared.metrics} == {*base, *candidate}
    assert compared.verdict.passed == all(check.passed for check in compared.verdict.checks)
    for item in compared.metrics:
        assert item.delta is None or math.isfinite(item.delta)
        assert item.relative is None or math.isfinite(item.relative)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_what_is_better_one_way_is_worse_the_other(first: float, second: float) -> None:
    opposite = {"better": "worse", "worse": "better", "same": "same"}

    assert change(second, first).effect == opposite[change(first, second).effect]
    assert change(first, second, "lower").effect == opposite[change(first, second).effect]
