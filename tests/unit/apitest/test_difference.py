"""How far two predictions are apart."""

from __future__ import annotations

import math

import pytest

from emel.apitest.difference import distance, key_of, largest_difference, same_label


@pytest.mark.parametrize(
    ("expected", "got", "far"),
    [
        (1.0, 1.5, 0.5),
        (1000.0, 1001.0, 0.001),
        ([1.0, 2000.0], [1.0, 2002.0], 0.001),
        ([], [], 0.0),
        (1.0, "1", math.inf),
        ([1.0], [1.0, 2.0], math.inf),
    ],
)
def test_numbers_are_compared_relative_to_large_ones_and_lists_by_their_worst(expected, got, far):
    assert distance(expected, got) == pytest.approx(far)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a", "a", True),
        (1, 1.0, True),
        (1, True, False),
        (["a", 1], ["a", 1], True),
        (["a"], ["a", "b"], False),
    ],
)
def test_labels_are_compared_as_json_values(one, other, same):
    assert same_label(one, other) is same


def test_a_label_that_one_side_lacks_has_no_probability_there():
    assert largest_difference({"a": 0.9, "b": 0.1}, {"a": 1.0}) == pytest.approx(0.1)


@pytest.mark.parametrize(("label", "key"), [("a", "a"), (1, "1"), (True, "true"), (1.5, "1.5")])
def test_a_label_is_a_key_as_json_writes_it(label, key):
    assert key_of(label) == key
