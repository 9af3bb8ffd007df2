"""Numbers as people read them."""

from __future__ import annotations

import pytest

from emel.cli import words


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.8e-5, "18 µs"), (0.0123, "12.3 ms"), (0.5, "500 ms"), (3.2, "3.20 s"), (75.4, "75 s")],
)
def test_seconds_take_the_unit_that_keeps_them_short(value, text):
    assert words.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(999, "999 B"), (19_800, "19.8 KB"), (123_456, "123 KB"), (9_100_000, "9.1 MB")]
)
def test_sizes_are_in_thousands(value, text):
    assert words.size(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.9561403, "0.95614"), (True, "True"), (100, "100"), ("l2", "l2"), (float("nan"), "NaN")],
)
def test_a_metric_or_parameter_is_short_and_says_when_it_is_absent(value, text):
    assert words.scalar(value) == text


def test_a_change_has_its_sign():
    assert (words.signed(0.012), words.signed(-3.0), words.signed(None)) == ("+0.012", "-3", "–")
    assert words.percent(0.0123) == "+1.2 %"


def test_a_moment_is_told_to_the_minute():
    assert words.moment("2026-11-22T06:37:17+00:00") == "2026-11-22 06:37 UTC"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1,234.50 RUB"), (0.5, "0.50 RUB"), (0.00123, "0.0012 RUB"), (0, "0.00 RUB")],
)
def test_small_money_is_not_rounded_away(value, text):
    assert words.money(value, "RUB") == text


@pytest.mark.parametrize(
    ("value", "text"), [(75, "75 s"), (60, "1 min"), (5400, "1.5 h"), (86400, "1 d"), (100, "100 s")]
)
def test_spans_are_told_in_the_largest_unit_that_is_short(value, text):
    assert words.span(value) == text
