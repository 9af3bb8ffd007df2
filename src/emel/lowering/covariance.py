"""Outliers by their distance from the middle, in units of the covariance."""

from __future__ import annotations

from typing import Any

from emel.lowering.builder import Program
from emel.lowering.linear import OUTLIERS, linear_planes
from emel.lowering.values import Outputs, Value


def elliptic_envelope(model: Any, program: Program, value: Value) -> Outputs:
    """An outlier has a squared Mahalanobis distance beyond the offset."""
    around = program.columnwise("subtract", value, model.location_)
    turned = linear_planes(program, around, model.get_precision(), [0.0] * value.width)
    square = program.add("inner_product", around, turned, width=1)
    scores = program.columnwise("subtract", program.columnwise("multiply", square, [-1.0]), [model.offset_])
    return Outputs(OUTLIERS, scores=scores, label=program.add("not_negative", scores))


PREDICTORS = {"sklearn.EllipticEnvelope": elliptic_envelope}
