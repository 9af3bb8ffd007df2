"""Projections beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.cluster import FeatureAgglomeration
from sklearn.cross_decomposition import CCA, PLSCanonical, PLSRegression
from sklearn.datasets import load_diabetes, load_digits, load_iris, load_linnerud
from sklearn.decomposition import (
    PCA,
    FactorAnalysis,
    FastICA,
    IncrementalPCA,
    MiniBatchSparsePCA,
    SparsePCA,
    TruncatedSVD,
)
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.neural_network import BernoulliRBM
from sklearn.pipeline import make_pipeline
from sklearn.random_projection import GaussianRandomProjection, SparseRandomProjection
from tests.fakes.lowered import beside, columns, held_out
from tests.fakes.transformed import transformed

from emel.errors import UnsupportedModelError
from emel.lowering import lower

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


@pytest.mark.parametrize(
    "model",
    [
        FactorAnalysis(2),
        FastICA(2, random_state=0),
        SparsePCA(2, random_state=0),
        MiniBatchSparsePCA(2, random_state=0),
        BernoulliRBM(3, random_state=0),
        FeatureAgglomeration(2),
        GaussianRandomProjection(3, random_state=0),
        SparseRandomProjection(3, random_state=0),
        NeighborhoodComponentsAnalysis(2, random_state=0),
    ],
    ids=str,
)
def test_other_projections_are_met(model: Any) -> None:
    x, y, rows = held_out(load_iris)

    both = transformed(model.fit(x, y), rows)

    assert both.refused == 0
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize(
    "model", [PLSRegression(2), PLSRegression(1, scale=False), PLSCanonical(2), CCA(2)], ids=str
)
def test_latent_structures_predict_and_transform_alike(model: Any) -> None:
    x, y, rows = held_out(load_linnerud)
    model.fit(x, y)

    assert beside(model, rows).difference <= LAST_BITS
    assert transformed(model, rows).difference <= LAST_BITS


def test_one_target_of_a_latent_structure_is_one_number() -> None:
    x, y, rows = held_out(load_diabetes)

    both = beside(PLSRegression(3).fit(x, y), rows)

    assert isinstance(both.predictions[0], float)
    assert both.difference <= LAST_BITS


def test_pooling_by_another_function_is_refused() -> None:
    x, y, _ = held_out(load_iris)
    model = make_pipeline(FeatureAgglomeration(2, pooling_func=np.max), LinearRegression()).fit(x, y)

    with pytest.raises(UnsupportedModelError, match="FeatureAgglomeration pools"):
        lower(model, columns(4))
