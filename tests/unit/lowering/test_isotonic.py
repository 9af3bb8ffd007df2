"""Isotonic regression beside scikit-learn's own."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.isotonic import IsotonicRegression
from tests.fakes.lowered import beside, columns

from emel.errors import UnsupportedModelError
from emel.lowering import lower
from emel_runtime.pure import Unanswerable, load

X, Y = load_diabetes(return_X_y=True)
X = X[:, 2:3]


@pytest.mark.parametrize("beyond", ["nan", "clip", "raise"])
@pytest.mark.parametrize("increasing", [True, False])
def test_the_curve_is_met_at_each_knot_and_beside_it(increasing: bool, beyond: str) -> None:
    model = IsotonicRegression(out_of_bounds=beyond, increasing=increasing).fit(X[:, 0], Y)

    both = beside(model, X.tolist())

    assert both.boundary > 3 * len(model.X_thresholds_)
    assert both.difference <= 1e-13


def test_beyond_its_ends_the_curve_goes_on_or_refuses() -> None:
    below = [[X.min() - 1.0]]
    clipped = IsotonicRegression(out_of_bounds="clip").fit(X[:, 0], Y)
    others = [IsotonicRegression(out_of_bounds=beyond).fit(X[:, 0], Y) for beyond in ("nan", "raise")]

    assert beside(clipped, below).difference == 0.0
    for model in others:
        with pytest.raises(Unanswerable, match="outside of what the model has seen"):
            load(lower(model, columns(1)).data).answer(below)


def test_one_knot_is_a_constant() -> None:
    model = IsotonicRegression(out_of_bounds="clip").fit([1.0, 1.0], [2.0, 4.0])

    assert beside(model, [[0.0], [1.0], [5.0]]).predictions[:3] == [3.0] * 3


def test_what_was_trained_in_float32_is_refused() -> None:
    model = IsotonicRegression().fit(X[:, 0].astype(np.float32), Y.astype(np.float32))

    with pytest.raises(UnsupportedModelError, match="float32"):
        lower(model, columns(1))
