"""Isotonic regression: a rising or falling curve."""

from __future__ import annotations

from typing import Any

from emel.errors import UnsupportedModelError
from emel.lowering.builder import Program
from emel.lowering.values import Outputs, Value


def curve(model: Any, program: Program, value: Value) -> Value:
    """The height of the curve at each position."""
    knots = model.X_thresholds_
    if str(knots.dtype) != "float64":
        raise UnsupportedModelError(
            f"IsotonicRegression was trained on {knots.dtype}", hint="train it on float64"
        )
    program.note_thresholds(value, [(0, knot) for knot in knots.tolist()])
    arrays = {
        "knots": program.array("f64", knots),
        "heights": program.array("f64", model.y_thresholds_),
    }
    return program.add("interpolate", value, arrays=arrays, missing=False, clip=model.out_of_bounds == "clip")


def regressor(model: Any, program: Program, value: Value) -> Outputs:
    """The same, as the answer."""
    return Outputs(value=curve(model, program, value))


TRANSFORMERS = {"sklearn.IsotonicRegression": curve}
PREDICTORS = {"sklearn.IsotonicRegression": regressor}
