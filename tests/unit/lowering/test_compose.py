"""Estimators that hold others, beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor, VotingClassifier, VotingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from tests.fakes.lowered import beside, columns

from emel.errors import UnsupportedModelError
from emel.lowering import describe, lower

LAST_BITS = 1e-13
SPLIT = [
    ("by position", StandardScaler(), [0, 3]),
    ("dropped", "drop", [4]),
    ("kept", "passthrough", [1]),
    ("by mask", MinMaxScaler(), np.arange(30) >= 25),
    ("by slice", StandardScaler(), slice(6, 9)),
    ("from the end", MinMaxScaler(), [-8, -7]),
    ("none", StandardScaler(), []),
]


@pytest.mark.parametrize("remainder", ["drop", "passthrough", StandardScaler()], ids=str)
def test_columns_are_picked_by_position_and_mask(remainder: Any) -> None:
    x, y = load_breast_cancer(return_X_y=True)
    split = ColumnTransformer(SPLIT, remainder=remainder, transformer_weights={"by position": 2.0})
    model = make_pipeline(split, RandomForestClassifier(10, random_state=0)).fit(x[::2], y[::2])

    both = beside(model, x[1::2].tolist())

    assert both.labels_equal
    assert both.difference == 0.0


def test_columns_are_picked_by_name_and_dtype() -> None:
    frame = load_iris(as_frame=True).frame.drop(columns="target").assign(count=range(150))
    names = list(frame.columns)
    split = ColumnTransformer(
        [
            ("integers", MinMaxScaler(), lambda given: given.select_dtypes("integer").columns),
            ("names", StandardScaler(), names[2:4]),
        ],
        remainder="passthrough",
    )
    model = make_pipeline(split, LogisticRegression(max_iter=2000)).fit(frame, load_iris().target)

    both = beside(model, frame.to_numpy(dtype=float).tolist(), columns(names))

    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_unions_stand_side_by_side() -> None:
    x, y = load_iris(return_X_y=True)
    union = FeatureUnion(
        [("a", StandardScaler()), ("b", "drop"), ("c", "passthrough"), ("d", MinMaxScaler())],
        transformer_weights={"d": 3.0},
    )

    both = beside(make_pipeline(union, LogisticRegression(max_iter=5000)).fit(x, y), x.tolist())

    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize("weights", [None, [1, 3, 1]])
def test_voters_are_averaged(weights: Any) -> None:
    linear = make_pipeline(StandardScaler(), LogisticRegression())
    trees = RandomForestClassifier(10, random_state=0)
    x, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])
    voters = VotingClassifier([("a", linear), ("b", trees), ("c", "drop")], voting="soft", weights=weights)

    both = beside(voters.fit(x[::2], names[y[::2]]), x[1::2].tolist())

    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_numbers_are_averaged() -> None:
    x, y = load_diabetes(return_X_y=True)
    voters = VotingRegressor([("a", LinearRegression()), ("b", RandomForestRegressor(10, random_state=0))])

    assert beside(voters.fit(x[::2], y[::2]), x[1::2].tolist()).difference <= LAST_BITS


def test_code_that_cannot_be_read_is_refused_with_its_step() -> None:
    x, y = load_iris(return_X_y=True)
    model = make_pipeline(FunctionTransformer(np.cbrt), LogisticRegression(max_iter=2000)).fit(x, y)

    with pytest.raises(UnsupportedModelError, match=r"FunctionTransformer\(cbrt\)") as caught:
        lower(model, columns(4))

    assert caught.value.where == "step functiontransformer"


def test_strings_can_be_dropped_by_the_model() -> None:
    frame = pandas.DataFrame({"city": ["Omsk", "Тверь", "Omsk"], "x": [1.0, 2.0, 4.0]})
    split = ColumnTransformer([("scale", StandardScaler(), ["x"])])
    model = make_pipeline(split, LinearRegression()).fit(frame, [1.0, 2.0, 3.0])
    inputs = [columns(["city"])[0]._replace(type="string"), *columns(["x"])]

    both = beside(model, [["Omsk", 1.0], ["новый", 3.0]], inputs)

    assert both.difference <= LAST_BITS
    assert describe(model) == "Pipeline(ColumnTransformer(StandardScaler), LinearRegression)"
