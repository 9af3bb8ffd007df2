"""Nearest neighbours beside scikit-learn's own, ties among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_linnerud,
    load_wine,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.fakes.lowered import Beside, beside, columns

from emel.errors import UnsupportedModelError
from emel.lowering import lower
from emel_runtime.pure import Unanswerable, load

ALGORITHMS = ["brute", "kd_tree", "ball_tree"]
WEIGHTS = pytest.mark.parametrize("weights", ["uniform", "distance"])
LAST_BITS = 1e-12


def halves(model: Any, data: Any) -> Beside:
    x, y = data(return_X_y=True)
    return beside(model.fit(x[::2], y[::2]), x[1::2].tolist())


@WEIGHTS
@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_classifiers_find_the_same_rows(algorithm: str, metric: str, weights: str) -> None:
    model = KNeighborsClassifier(7, algorithm=algorithm, metric=metric, weights=weights, leaf_size=5)

    # Where brute force multiplies matrices, equal distances of iris fall as its rounding has it.
    both = halves(model, load_wine if (algorithm, metric) == ("brute", "euclidean") else load_iris)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


@WEIGHTS
@pytest.mark.parametrize("algorithm", ["kd_tree", "ball_tree"])
def test_ties_fall_as_the_trees_find_them(algorithm: str, weights: str) -> None:
    # On a grid most rows have several nearest points that are equally far, with labels of their own.
    side = np.arange(12.0)
    grid = np.array(np.meshgrid(side, side)).reshape(2, -1).T
    labels = np.random.RandomState(0).randint(0, 4, len(grid))
    rows = (grid + np.array([0.5, 0.0])).tolist() + (grid + 0.5).tolist() + grid.tolist()

    for count in (1, 3, 4):
        model = KNeighborsClassifier(count, algorithm=algorithm, weights=weights, leaf_size=4)
        both = beside(model.fit(grid, labels), rows)

        assert both.labels_equal
        assert both.difference <= LAST_BITS


@WEIGHTS
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_any_power_of_minkowski_is_met(algorithm: str, weights: str) -> None:
    both = halves(KNeighborsClassifier(p=3, algorithm=algorithm, weights=weights), load_wine)

    assert both.labels_equal
    assert both.difference <= 1e-9


@WEIGHTS
def test_regressors_average_the_same_rows(weights: str) -> None:
    one = halves(KNeighborsRegressor(weights=weights), load_diabetes)
    several = halves(KNeighborsRegressor(3, weights=weights), load_linnerud)

    assert one.difference <= LAST_BITS
    assert several.difference <= LAST_BITS
    assert len(several.predictions[0]) == 3


def test_several_targets_and_labels_of_text_are_answered() -> None:
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])
    both = beside(KNeighborsClassifier().fit(x, np.column_stack([names[y], names[2 - y]])), x.tolist())

    assert both.predictions[0] == ["setosa", "virginica"]
    assert both.labels_equal


def test_a_row_of_the_training_data_counts_alone_where_distance_weighs() -> None:
    x, y = load_digits(return_X_y=True)
    model = KNeighborsClassifier(weights="distance", algorithm="kd_tree").fit(x[:400], y[:400])

    both = beside(model, x[:100].tolist(), limit=100)

    assert both.labels_equal
    assert max(both.probabilities[0]) == 1.0


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_row_without_distances_is_refused(value: float) -> None:
    x, y = load_iris(return_X_y=True)
    model = load(lower(KNeighborsClassifier().fit(x, y), columns(4)).data)

    with pytest.raises(Unanswerable):
        model.answer([[1.0, value, 1.0, 1.0]])


@pytest.mark.parametrize("priors", ["uniform", "empirical", [0.2, 0.3, 0.5]], ids=str)
@pytest.mark.parametrize("shrink", [None, 0.5])
@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
def test_centroids_are_met(metric: str, shrink: float | None, priors: Any) -> None:
    both = halves(NearestCentroid(metric=metric, shrink_threshold=shrink, priors=priors), load_iris)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize("priors", ["uniform", "empirical"])
def test_two_centroids_are_met(priors: str) -> None:
    both = halves(make_pipeline(StandardScaler(), NearestCentroid(priors=priors)), load_breast_cancer)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"metric": "cosine"}, "measures by 'cosine'"),
        ({"metric": "minkowski", "metric_params": {"w": [1, 2, 3, 4]}}, "measures by 'minkowski'"),
        ({"weights": lambda distances: distances}, "weights that run code"),
    ],
)
def test_what_cannot_be_met_is_refused(options: dict[str, Any], words: str) -> None:
    x, y = load_iris(return_X_y=True)

    with pytest.raises(UnsupportedModelError, match=words):
        lower(KNeighborsClassifier(**options).fit(x, y), columns(4))


def test_a_huge_training_set_is_refused() -> None:
    x = np.zeros((60_000, 10))

    with pytest.raises(UnsupportedModelError, match="keeps 60000 rows of 10 numbers"):
        lower(KNeighborsRegressor(algorithm="brute").fit(x, x[:, 0]), columns(10))
