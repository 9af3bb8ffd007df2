"""Projections beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from tests.fakes.lowered import beside

LAST_BITS = 1e-12
MODELS = [PCA(3), PCA(3, whiten=True), IncrementalPCA(3), TruncatedSVD(3, random_state=0)]


@pytest.mark.parametrize("data", [load_digits, load_iris])
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_components_are_met(model: Any, data: Any) -> None:
    x, y = data(return_X_y=True)
    whole = make_pipeline(model, LinearDiscriminantAnalysis()).fit(x[::2], y[::2])

    both = beside(whole, x[1::2].tolist())

    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_a_component_without_variance_is_whitened_by_the_smallest_scale() -> None:
    x = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [4.0, 4.0]])
    whole = make_pipeline(PCA(whiten=True), LinearRegression()).fit(x, x[:, 0])

    assert beside(whole, x.tolist(), limit=0).difference <= 1e-9
