"""How far two predictions are apart: numbers, labels, and lists of either for several targets."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec


def distance(expected: object, got: object) -> float:
    """The difference of two numbers, relative to the expected one where that is above 1, as in parity.

    For several targets that of the worst. Infinite where the two are not numbers of one shape.
    """
    if isinstance(expected, list | tuple) and isinstance(got, list | tuple) and len(expected) == len(got):
        return max(map(distance, expected, got), default=0.0)
    if isinstance(expected, int | float) and isinstance(got, int | float):
        return abs(float(expected) - float(got)) / max(1.0, abs(float(expected)))
    return math.inf


def same_label(one: object, other: object) -> bool:
    """Whether two labels are equal as JSON values: 1 is 1.0, and not true. Lists are equal label by label."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same_label, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def largest_difference(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The largest difference of a label's probability; a label that one side lacks counts as 0 there."""
    return max((abs(one.get(key, 0.0) - other.get(key, 0.0)) for key in {**one, **other}), default=0.0)


def key_of(label: object) -> str:
    """A label as a key of `probabilities`: text as it is, all else as JSON writes it."""
    return label if isinstance(label, str) else msgspec.json.encode(label).decode()
