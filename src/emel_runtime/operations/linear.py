"""Linear scores of vectors."""

from __future__ import annotations

from emel_runtime.operations import require_finite, sumprod

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
