"""Curves made of straight lines."""

from __future__ import annotations

from _bisect import bisect_right

from emel_runtime.operations import Unfit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.operations import Step, Vector


def interpolate(knots: memoryview, heights: memoryview, clip: bool) -> Step:
    """The height of the curve at each element; beyond its ends as at the end, where `clip` says so.

    Errors: Unfit for a row beyond the ends, where it does not.
    """
    places, values = knots.tolist(), heights.tolist()
    first, last = places[0], places[-1]

    def height(value: float) -> float:
        if not first <= value <= last:
            if not clip or value - value != 0.0:
                raise Unfit(f"{value!r} is outside of what the model has seen")
            value = min(max(value, first), last)
        place = bisect_right(places, value) - 1
        left, low = places[place], values[place]
        if value == left:
            return low
        slope = (values[place + 1] - low) / (places[place + 1] - left)
        return slope * (value - left) + low

    def step(row: Vector) -> Vector:
        return [height(value) for value in row]

    return step
