"""Arithmetic in float32, as libraries do it that compute in no other."""

from __future__ import annotations

import struct
from math import exp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.operations import Step, Vector


def single() -> Step:
    """Each element rounded to float32. Errors: OverflowError for a finite one that does not fit."""
    return _single


def single_logistic() -> Step:
    """XGBoost's: 1 ÷ (1 + exp(−x)), where the exponent is at most 88.7."""

    def step(row: Vector) -> Vector:
        powers = _single([exp(min(-score, LARGEST)) for score in row])
        return _single([1.0 / whole for whole in _single([power + 1.0 for power in powers])])

    return step


def single_softmax() -> Step:
    """XGBoost's: powers in float32, their sum in float64."""

    def step(row: Vector) -> Vector:
        largest = max(row)
        powers = _single(list(map(exp, _single([value - largest for value in row]))))
        total = 0.0
        for power in powers:
            total += power
        (whole,) = _single([total])
        return _single([power / whole for power in powers])

    return step


def single_exponential() -> Step:
    """The exponential of each element; one that does not fit refuses the row."""
    return lambda row: _single(list(map(exp, row)))


LARGEST = struct.unpack("<f", struct.pack("<f", 88.7))[0]


def _single(row: Vector) -> Vector:
    layout = f"<{len(row)}f"
    return struct.unpack(layout, struct.pack(layout, *row))
