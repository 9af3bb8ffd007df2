"""Lowered models beside scikit-learn's own, on rows held out of real data and on boundary rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_linnerud
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.svm import LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from tests.fakes.lowered import beside, columns

from emel.lowering import lower
from emel_runtime.pure import load

Data = tuple[np.ndarray, np.ndarray, list[list[float]]]

LAST_BITS = 1e-13
"""BLAS adds in an order of its own; a few units in the last place remain."""

CLASSIFIERS = [
    make_pipeline(StandardScaler(), LogisticRegression()),
    make_pipeline(RobustScaler(), LogisticRegression(fit_intercept=False)),
    make_pipeline(MinMaxScaler(clip=True), SGDClassifier(loss="log_loss", random_state=0)),
    make_pipeline(MaxAbsScaler(), SGDClassifier(random_state=0)),
    RidgeClassifier(),
    make_pipeline(StandardScaler(), LinearSVC(random_state=0)),
    DecisionTreeClassifier(random_state=0),
    RandomForestClassifier(20, random_state=0),
    RandomForestClassifier(20, max_leaf_nodes=8, random_state=0),
    ExtraTreesClassifier(20, random_state=0),
    make_pipeline(StandardScaler(), MinMaxScaler(), RandomForestClassifier(20, random_state=0)),
]
REGRESSORS = [
    LinearRegression(),
    LinearRegression(fit_intercept=False),
    Ridge(),
    Lasso(),
    ElasticNet(),
    make_pipeline(StandardScaler(with_mean=False), SGDRegressor(random_state=0)),
    make_pipeline(StandardScaler(with_std=False), LinearSVR(random_state=0, max_iter=20000)),
    DecisionTreeRegressor(random_state=0),
    RandomForestRegressor(20, random_state=0),
    ExtraTreesRegressor(20, random_state=0),
]


def split(load_data: Any) -> Data:
    """Two thirds to train on, and the rest as rows."""
    x, y = load_data(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(x))
    train, held_out = order[: len(x) * 2 // 3], order[len(x) * 2 // 3 :]
    return x[train], y[train], x[held_out].tolist()


@pytest.mark.parametrize("dataset", [load_breast_cancer, load_iris], ids=["binary", "multinomial"])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=str)
def test_classifiers_give_the_same_labels_and_probabilities(model: Any, dataset: Any) -> None:
    x, y, rows = split(dataset)

    both = beside(model.fit(x, y), rows)

    assert both.boundary > len(rows[0])
    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize("model", REGRESSORS, ids=str)
def test_regressors_give_the_same_numbers(model: Any) -> None:
    x, y, rows = split(load_diabetes)

    both = beside(model.fit(x, y), rows)

    assert both.boundary > len(rows[0])
    assert both.difference <= LAST_BITS


def test_several_targets_are_answered_with_lists() -> None:
    x, y, rows = split(load_linnerud)

    both = beside(make_pipeline(StandardScaler(), LinearRegression()).fit(x, y), rows)

    assert len(both.predictions[0]) == 3
    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize(
    "model", [RandomForestClassifier(50, random_state=0), DecisionTreeClassifier()], ids=str
)
def test_trees_are_met_to_the_last_bit(model: Any) -> None:
    x, y, rows = split(load_breast_cancer)

    assert beside(model.fit(x, y), rows).difference == 0.0


@pytest.mark.parametrize("nothing", ["passthrough", None])
def test_steps_that_do_nothing_are_left_out(nothing: Any) -> None:
    x, y, rows = split(load_iris)
    inner = Pipeline([("scale", StandardScaler()), ("nothing", nothing)])
    model = Pipeline([("inner", inner), ("skip", nothing), ("model", LogisticRegression())]).fit(x, y)

    assert beside(model, rows).labels_equal


@pytest.mark.parametrize("labels", [["no", "yes"], [False, True], [7, 9]])
def test_labels_keep_their_type(labels: list[Any]) -> None:
    x, y, rows = split(load_breast_cancer)
    model = LogisticRegression(max_iter=5000).fit(x, np.array(labels)[y])

    lowered = lower(model, columns(x.shape[1]))

    assert list(lowered.labels) == labels
    predictions, _ = load(lowered.data).answer(rows)
    assert {type(label) for label in predictions} == {type(labels[0])}


def test_missing_values_take_the_way_that_the_trees_learned() -> None:
    x, y, rows = split(load_iris)
    x[::5, 2] = np.nan
    model = RandomForestClassifier(20, random_state=0).fit(x, y)
    gaps = [[*row[:2], float("nan"), row[3]] for row in rows]

    both = beside(model, rows + gaps, columns("abcd", missing=True))

    assert np.isnan(np.array(both.rows[-both.boundary :])).any()
    assert both.difference == 0.0
