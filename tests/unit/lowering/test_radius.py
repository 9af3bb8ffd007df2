"""Neighbours within a radius beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.neighbors import RadiusNeighborsClassifier, RadiusNeighborsRegressor
from tests.fakes.lowered import beside, columns, held_out

from emel.errors import UnsupportedModelError
from emel.lowering import lower
from emel_runtime.pure import Unanswerable, load

LAST_BITS = 1e-12
FAR = [1e6] * 4


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("algorithm", ["kd_tree", "ball_tree"])
def test_classes_within_the_radius_are_met(algorithm: Any, weights: Any, power: int) -> None:
    x, y, rows = held_out(load_iris)
    settings: dict[str, Any] = {"algorithm": algorithm, "weights": weights, "p": power}
    lone = RadiusNeighborsClassifier(1.0, outlier_label="most_frequent", **settings)
    names = RadiusNeighborsClassifier(3.0, **settings).fit(x, [f"сорт {label}" for label in y])

    for one in (beside(lone.fit(x, y), rows), beside(names, rows)):
        assert one.labels_equal
        assert one.difference <= LAST_BITS


@pytest.mark.filterwarnings("ignore:One or more samples have no neighbors:UserWarning")
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_means_within_the_radius_are_met(weights: Any) -> None:
    x, y, rows = held_out(load_diabetes)

    assert beside(RadiusNeighborsRegressor(0.5, weights=weights).fit(x, y), rows).difference <= LAST_BITS


def test_a_row_without_neighbours_is_refused_or_an_outlier() -> None:
    x, y, _ = held_out(load_iris)
    strict = RadiusNeighborsClassifier(1.0).fit(x, y)
    lenient = RadiusNeighborsClassifier(1.0, outlier_label=0).fit(x, y)

    with pytest.raises(Unanswerable, match="no point that the model knows is within its radius"):
        load(lower(strict, columns(4)).data).answer([FAR])
    assert load(lower(lenient, columns(4)).data).answer([FAR]) == ([0], [[1.0, 0.0, 0.0]])


def test_an_outlier_label_that_is_no_class_is_refused() -> None:
    x, y, _ = held_out(load_iris)

    with pytest.raises(UnsupportedModelError, match="outlier label 7"):
        lower(RadiusNeighborsClassifier(1.0, outlier_label=7).fit(x, y), columns(4))
