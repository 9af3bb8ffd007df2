"""Baselines beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris, load_linnerud
from sklearn.dummy import DummyClassifier, DummyRegressor
from tests.fakes.lowered import beside, columns

from emel.errors import UnsupportedModelError
from emel.lowering import Column, lower

NAMES = np.array(["setosa", "versicolor", "virginica"])


@pytest.mark.parametrize(
    "model",
    [
        DummyClassifier(),
        DummyClassifier(strategy="most_frequent"),
        DummyClassifier(strategy="constant", constant="virginica"),
    ],
    ids=str,
)
def test_classifiers_answer_alike(model: Any) -> None:
    x, y = load_iris(return_X_y=True)

    both = beside(model.fit(x[20:], NAMES[y[20:]]), x.tolist())

    assert both.labels_equal
    assert both.difference == 0.0


def test_several_targets_have_a_label_each() -> None:
    x, y = load_iris(return_X_y=True)
    targets = np.column_stack([y, y > 1])

    for model in (DummyClassifier(), DummyClassifier(strategy="constant", constant=[2, 1])):
        assert beside(model.fit(x[20:], targets[20:]), x.tolist()).labels_equal


@pytest.mark.parametrize("strategy", ["mean", "median"])
@pytest.mark.parametrize("data", [load_diabetes, load_linnerud], ids=["one", "several"])
def test_regressors_answer_alike(data: Any, strategy: str) -> None:
    x, y = data(return_X_y=True)

    assert beside(DummyRegressor(strategy=strategy).fit(x, y), x.tolist()).difference == 0.0


def test_rows_may_be_anything() -> None:
    inputs = [Column("city", "string", missing=True)]
    model = DummyRegressor().fit(np.array([["Omsk"], ["Тверь"]], dtype=object), [1.0, 2.0])

    assert beside(model, [["Omsk"], [None], [""]], inputs).predictions[:3] == [1.5] * 3


@pytest.mark.parametrize("strategy", ["stratified", "uniform"])
def test_answers_at_random_are_refused(strategy: str) -> None:
    x, y = load_iris(return_X_y=True)

    with pytest.raises(UnsupportedModelError, match="at random"):
        lower(DummyClassifier(strategy=strategy).fit(x, y), columns(4))
