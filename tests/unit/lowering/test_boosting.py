"""Boosting and isolation forests of scikit-learn, and trees of several targets, beside the originals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_linnerud, load_wine
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from tests.fakes.lowered import beside, coded, columns, held_out

from emel.errors import UnsupportedModelError
from emel.lowering import Column, lower

EXACT = 0.0
LAST_BITS = 1e-15
NAN = float("nan")

BINARY = [
    GradientBoostingClassifier(n_estimators=20, random_state=0),
    GradientBoostingClassifier(n_estimators=5, init="zero", random_state=0),
    GradientBoostingClassifier(n_estimators=5, loss="exponential", random_state=0),
    GradientBoostingClassifier(
        n_estimators=5, init=RandomForestClassifier(3, random_state=0), random_state=0
    ),
    HistGradientBoostingClassifier(max_iter=10),
    IsolationForest(n_estimators=10, random_state=0),
    IsolationForest(n_estimators=10, contamination=0.1, max_features=0.5, random_state=0),
]
REGRESSORS = [
    *(
        GradientBoostingRegressor(n_estimators=20, loss=loss)
        for loss in ("absolute_error", "huber", "quantile")
    ),
    GradientBoostingRegressor(n_estimators=20, init="zero"),
    GradientBoostingRegressor(n_estimators=5, init=DecisionTreeRegressor(max_depth=2)),
    *(
        HistGradientBoostingRegressor(max_iter=10, loss=loss)
        for loss in ("squared_error", "poisson", "gamma")
    ),
    HistGradientBoostingRegressor(max_iter=10, loss="quantile", quantile=0.3),
]


@pytest.mark.parametrize("model", BINARY, ids=str)
def test_two_classes_are_met_to_the_last_bit(model: Any) -> None:
    x, y, rows = held_out(load_breast_cancer)

    both = beside(model.fit(x, y), rows, limit=600)

    assert both.boundary > 200
    assert both.labels_equal
    assert both.difference == EXACT


@pytest.mark.parametrize("model", BINARY[:2] + BINARY[3:5], ids=str)
def test_three_classes_are_met(model: Any) -> None:
    x, y, rows = held_out(load_iris)

    both = beside(model.fit(x, y), rows, limit=600)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize("model", REGRESSORS, ids=str)
def test_numbers_are_met(model: Any) -> None:
    x, y, rows = held_out(load_diabetes)

    assert beside(model.fit(x, y), rows, limit=600).difference <= LAST_BITS


@pytest.mark.parametrize(
    "model",
    [
        DecisionTreeRegressor(),
        RandomForestRegressor(5, random_state=0),
        ExtraTreesRegressor(5, random_state=0),
    ],
    ids=str,
)
def test_trees_of_several_targets_answer_with_lists(model: Any) -> None:
    x, y, rows = held_out(load_linnerud)

    both = beside(model.fit(x, y), rows)

    assert len(both.predictions[0]) == 3
    assert both.difference == EXACT


@pytest.mark.parametrize(
    "model", [DecisionTreeClassifier(), RandomForestClassifier(5, random_state=0)], ids=str
)
def test_each_target_has_labels_of_its_own(model: Any) -> None:
    x, y, rows = held_out(load_iris)
    names = np.array(["setosa", "versicolor", "virginica"])

    both = beside(model.fit(x, np.column_stack([names[y], names[(y > 0) * 1]])), rows)

    assert both.labels_equal
    assert {type(label) for row in both.predictions for label in row} == {str}


@pytest.mark.parametrize(
    "model",
    [HistGradientBoostingClassifier(max_iter=10), IsolationForest(n_estimators=10, random_state=0)],
    ids=str,
)
def test_missing_values_go_where_training_sent_them(model: Any) -> None:
    x, y, rows = held_out(load_iris)
    x[::5, 2] = NAN
    gaps = [[row[0], row[1], NAN, NAN] for row in rows]

    both = beside(model.fit(x, y), rows + gaps, columns("abcd", missing=True), limit=600)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_categories_that_are_numbers_split_by_sets() -> None:
    x, y, rows = held_out(load_iris)
    x, given = coded(x), coded(np.array(rows)).tolist()
    x[::9, 1] = NAN
    asked = given + [[row[0], code, *row[2:]] for row, code in zip(given, [*range(15), NAN], strict=False)]
    model = HistGradientBoostingClassifier(max_iter=10, categorical_features=[1], min_samples_leaf=3)

    both = beside(model.fit(x, y), asked, columns("abcd", missing=True), limit=600)

    assert any(predictor.nodes["is_categorical"].any() for stage in model._predictors for predictor in stage)
    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_categories_that_are_strings_split_by_sets() -> None:
    x, y = load_wine(return_X_y=True, as_frame=True)
    cities = np.array(["Омск", "Тверь", "a", ""])[(x["alcohol"] * 10).astype(int) % 4]
    frame = pandas.DataFrame({"city": pandas.Series(cities).astype("category"), "hue": x["hue"]})
    model = HistGradientBoostingClassifier(max_iter=10, min_samples_leaf=3).fit(frame, y)
    rows = [[str(city), float(hue)] for city, hue in zip(cities, x["hue"], strict=True)]
    inputs = [Column("city", "string", missing=True, categories=("Омск", "Тверь")), Column("hue")]

    both = beside(model, [*rows, ["нет такого", 1.0], [None, 1.0]], inputs, limit=600)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_a_first_estimator_that_computes_in_float32_is_refused() -> None:
    x, y, _ = held_out(load_diabetes)
    model = GradientBoostingRegressor(n_estimators=2, init=LinearRegression()).fit(x, y)

    with pytest.raises(UnsupportedModelError, match="LinearRegression, which then computes in float32"):
        lower(model, columns(10))
