"""What the layers of a neural network make of their scores."""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.operations import Step


def relu() -> Step:
    return lambda row: [value if value > 0.0 else 0.0 for value in row]


def tanh() -> Step:
    return lambda row: list(map(math.tanh, row))
