"""Clusters and mixtures beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.cluster import AffinityPropagation, Birch, KMeans, MeanShift, MiniBatchKMeans
from sklearn.covariance import EllipticEnvelope
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.fakes.lowered import beside, held_out
from tests.fakes.transformed import transformed

LAST_BITS = 1e-12


@pytest.mark.parametrize("data", [load_digits, load_iris])
@pytest.mark.parametrize("kind", [KMeans, MiniBatchKMeans])
def test_the_nearest_center_is_the_same(kind: Any, data: Any) -> None:
    x, _ = data(return_X_y=True)

    both = beside(kind(5, random_state=0, n_init=2).fit(x[::2]), x[1::2].tolist())

    assert both.labels_equal
    assert set(both.predictions) == set(range(5))
    assert both.probabilities is None


@pytest.mark.parametrize("kind", [KMeans, MiniBatchKMeans])
def test_as_a_transformer_it_gives_distances(kind: Any) -> None:
    x, y = load_iris(return_X_y=True)
    model = make_pipeline(StandardScaler(), kind(5, random_state=0, n_init=2), LogisticRegression())

    both = beside(model.fit(x[::2], y[::2]), x[1::2].tolist())

    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize("data", [load_iris, load_wine])
@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
def test_mixtures_give_the_same_components(covariance: str, data: Any) -> None:
    x, _ = data(return_X_y=True)

    both = beside(
        GaussianMixture(3, covariance_type=covariance, random_state=0).fit(x[::2]), x[1::2].tolist()
    )

    assert both.labels_equal
    assert len(set(both.predictions)) == 3
    assert both.difference <= LAST_BITS * 10


@pytest.mark.parametrize("kind", ["dirichlet_process", "dirichlet_distribution"])
@pytest.mark.parametrize("covariance", ["full", "tied", "diag", "spherical"])
def test_bayesian_mixtures_give_the_same_components(covariance: str, kind: str) -> None:
    x, _, rows = held_out(load_iris)
    model = BayesianGaussianMixture(
        n_components=3, covariance_type=covariance, weight_concentration_prior_type=kind, random_state=0
    )

    both = beside(model.fit(x), rows)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize(
    "model",
    [
        AffinityPropagation(random_state=0),
        MeanShift(),
        Birch(n_clusters=3),
        Birch(threshold=0.2, n_clusters=None),
        EllipticEnvelope(random_state=0),
        EllipticEnvelope(contamination=0.3, random_state=0),
    ],
    ids=str,
)
def test_other_clusters_and_outliers_are_the_same(model: Any) -> None:
    x, _, rows = held_out(load_iris)

    both = beside(model.fit(x), rows)

    assert both.labels_equal
    assert len(set(both.predictions)) > 1


def test_birch_transforms_to_distances() -> None:
    x, _, rows = held_out(load_iris)

    assert transformed(Birch(n_clusters=3).fit(x), rows).difference <= 1e-9
