"""Linear scores of vectors."""

from __future__ import annotations

from emel_runtime.operations import require_finite

try:
    from math import sumprod  # type: ignore[attr-defined,unused-ignore]
except ImportError:
    # Python 3.11 has none. The thin shell `operator` costs more than its C part.
    from _operator import mul

    def sumprod(one: Vector, other: Vector) -> float:  # type: ignore[no-redef,unused-ignore]
        return float(sum(map(mul, one, other)))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.operations import Step, Vector


def linear(coefficients: memoryview, intercepts: memoryview) -> Step:
    """One score per intercept: the product of the row with its coefficients, plus the intercept."""
    weights, width = coefficients.tolist(), len(coefficients) // len(intercepts)
    planes = [
        (weights[place * width : (place + 1) * width], intercept)
        for place, intercept in enumerate(intercepts.tolist())
    ]

    def step(row: Vector) -> Vector:
        scores = [sumprod(row, plane) + intercept for plane, intercept in planes]
        require_finite(scores)
        return scores

    return step
