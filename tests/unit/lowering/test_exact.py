"""Lowered models beside scikit-learn's own, on rows held out of real data and on boundary rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
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

from emel.lowering import lower
from emel.lowering.boundary import boundary_rows
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


def answers(model: BaseEstimator, rows: list[list[float]]) -> tuple[np.ndarray, Any, int]:
    """What the lowered model says to the rows and to boundary rows, the rows, and how many were added."""
    width = len(rows[0])
    data = lower(model, [f"c{place}" for place in range(width)], missing=False).data
    made = boundary_rows(data, ["float"] * width, rows)
    return np.array(rows + made), load(data).answer(rows + made), len(made)


@pytest.mark.parametrize("dataset", [load_breast_cancer, load_iris], ids=["binary", "multinomial"])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=str)
def test_classifiers_give_the_same_labels_and_probabilities(model: Any, dataset: Any) -> None:
    x, y, rows = split(dataset)
    model.fit(x, y)

    asked, (labels, probabilities), added = answers(model, rows)

    assert added > len(rows[0])
    assert labels == model.predict(asked).tolist()
    if not hasattr(model, "predict_proba"):
        assert probabilities is None
        return
    assert np.abs(np.array(probabilities) - model.predict_proba(asked)).max() <= LAST_BITS


@pytest.mark.parametrize("model", REGRESSORS, ids=str)
def test_regressors_give_the_same_numbers(model: Any) -> None:
    x, y, rows = split(load_diabetes)
    model.fit(x, y)

    asked, (numbers, _), added = answers(model, rows)

    expected = model.predict(asked)
    assert added > len(rows[0])
    assert np.max(np.abs(np.array(numbers) - expected) / np.maximum(1, np.abs(expected))) <= LAST_BITS


@pytest.mark.parametrize(
    "model", [RandomForestClassifier(50, random_state=0), DecisionTreeClassifier()], ids=str
)
def test_trees_are_met_to_the_last_bit(model: Any) -> None:
    x, y, rows = split(load_breast_cancer)
    model.fit(x, y)

    asked, (_, probabilities), _ = answers(model, rows)

    assert probabilities is not None
    assert np.array_equal(np.array(probabilities), model.predict_proba(asked))


@pytest.mark.parametrize("nothing", ["passthrough", None])
def test_steps_that_do_nothing_are_left_out(nothing: Any) -> None:
    x, y, rows = split(load_iris)
    inner = Pipeline([("scale", StandardScaler()), ("nothing", nothing)])
    model = Pipeline([("inner", inner), ("skip", nothing), ("model", LogisticRegression())]).fit(x, y)

    asked, (labels, _), _ = answers(model, rows)

    assert labels == model.predict(asked).tolist()


@pytest.mark.parametrize("labels", [["no", "yes"], [False, True], [7, 9]])
def test_labels_keep_their_type(labels: list[Any]) -> None:
    x, y, rows = split(load_breast_cancer)
    model = LogisticRegression(max_iter=5000).fit(x, np.array(labels)[y])

    lowered = lower(model, [f"c{place}" for place in range(x.shape[1])], missing=False)

    assert list(lowered.labels) == labels
    predictions, _ = load(lowered.data).answer(rows)
    assert {type(label) for label in predictions} == {type(labels[0])}


def test_missing_values_take_the_way_that_the_trees_learned() -> None:
    x, y, rows = split(load_iris)
    x[::5, 2] = np.nan
    model = RandomForestClassifier(20, random_state=0).fit(x, y)
    gaps = [[*row[:2], float("nan"), row[3]] for row in rows]

    data = lower(model, list("abcd"), missing=True).data
    made = boundary_rows(data, ["float"] * 4, rows + gaps)
    _, probabilities = load(data).answer(rows + gaps + made)

    assert probabilities is not None
    assert np.isnan(np.array(made)).any()
    assert np.array_equal(np.array(probabilities), model.predict_proba(np.array(rows + gaps + made)))
