"""Made and chosen features beside scikit-learn's own."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.feature_selection import (
    RFE,
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    SequentialFeatureSelector,
    VarianceThreshold,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)
from tests.fakes.lowered import beside, columns
from tests.fakes.transformed import transformed

from emel.errors import UnsupportedModelError
from emel.lowering import Column
from emel.lowering.builder import Program
from emel.lowering.features import FUNCTIONS
from emel.lowering.registry import READERS

LAST_BITS = 1e-14
LINEAR = LogisticRegression(max_iter=5000)


def read(transformer: Any, inputs: list[Column]) -> None:
    program = Program(inputs, READERS)
    program.read_transformer(transformer, program.row)


@pytest.mark.parametrize(
    "model",
    [
        PolynomialFeatures(3),
        PolynomialFeatures((2, 3), include_bias=False),
        PolynomialFeatures(2, interaction_only=True),
        PolynomialFeatures(2, order="F"),
    ],
    ids=str,
)
def test_products_are_met_to_the_last_bit(model: Any) -> None:
    x = load_breast_cancer().data[:, :5]

    assert transformed(model.fit(x[::2]), x[1::2].tolist()).difference == 0.0


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
@pytest.mark.parametrize("beyond", ["error", "constant", "linear", "continue", "periodic"])
def test_splines_agree_inside_and_beyond_their_knots(beyond: str, degree: int) -> None:
    x = load_diabetes().data[:, :3]
    model = SplineTransformer(degree=degree, extrapolation=beyond, include_bias=degree % 2 == 0).fit(x[::2])
    if beyond == "constant" and not degree:
        with pytest.raises(UnsupportedModelError, match="degree 0"):
            read(model, columns(3))
        return

    both = transformed(model, [*x[1::20].tolist(), [nan, 0.0, 0.0]], columns(3, missing=True))

    assert both.difference <= LAST_BITS
    assert both.refused == sum(any(value != value for value in row) for row in both.rows) or beyond == "error"


@pytest.mark.parametrize("beyond", ["constant", "linear", "continue", "periodic"])
def test_splines_at_quantiles_turn_missing_values_to_zeros_where_told_to(beyond: str) -> None:
    x = load_diabetes().data[:, :2].copy()
    x[::9, 0] = nan
    model = SplineTransformer(knots="quantile", extrapolation=beyond, handle_missing="zeros").fit(x[::2])

    both = transformed(model, x[1::12].tolist(), columns(2, missing=True))

    assert both.difference <= LAST_BITS
    assert both.refused == 0


@pytest.mark.parametrize("encode", ["ordinal", "onehot", "onehot-dense"])
@pytest.mark.parametrize("strategy", ["uniform", "quantile", "kmeans"])
def test_bins_agree_at_each_edge(strategy: str, encode: str) -> None:
    x = load_breast_cancer().data[:, :4]
    model = KBinsDiscretizer(
        [3, 4, 5, 20], encode=encode, strategy=strategy, quantile_method="averaged_inverted_cdf"
    )

    both = transformed(model.fit(x[::2]), x[1::2].tolist())

    assert len(both.rows) > len(x[1::2]) + 28 * 6
    assert both.difference == 0.0


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore:(divide by zero|invalid value|overflow) encountered:RuntimeWarning")
def test_functions_of_numpy_agree_where_they_have_a_value_and_where_not(name: str) -> None:
    x = load_diabetes().data[:, :2]
    model = FunctionTransformer(getattr(np, name)).fit(x)
    hard = [[0.0, -1.0], [-0.0, 1.0], [-2.0, 800.0], [nan, 1e308]]

    assert transformed(model, x.tolist() + hard).difference <= LAST_BITS


@pytest.mark.parametrize("function", [np.cumsum, np.add, lambda x: x], ids=["cumsum", "add", "lambda"])
def test_other_functions_are_refused(function: Any) -> None:
    with pytest.raises(UnsupportedModelError, match="runs code that cannot be read"):
        read(FunctionTransformer(function), columns(2))


def test_bins_of_another_precision_are_refused() -> None:
    model = KBinsDiscretizer(3, dtype=np.float32, strategy="uniform").fit(load_diabetes().data[:, :2])

    with pytest.raises(UnsupportedModelError, match="compares in float32"):
        read(model, columns(2))


def test_functions_of_booleans_are_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="numbers alone"):
        read(FunctionTransformer(np.log1p), [Column("flag", "boolean")])


@pytest.mark.parametrize(
    "selector",
    [
        SelectKBest(k=5),
        SelectPercentile(percentile=20),
        SelectFpr(),
        SelectFdr(),
        SelectFwe(),
        GenericUnivariateSelect(mode="k_best", param=4),
        VarianceThreshold(0.5),
        SelectFromModel(LINEAR),
        RFE(LINEAR, n_features_to_select=5),
        SequentialFeatureSelector(LINEAR, n_features_to_select=2, cv=2),
    ],
    ids=lambda selector: type(selector).__name__,
)
def test_chosen_features_are_picked(selector: Any) -> None:
    x, y = load_breast_cancer(return_X_y=True)
    x = StandardScaler().fit_transform(x[:, :8])

    both = transformed(selector.fit(x[::2], y[::2]), x[1::2].tolist())

    assert 0 < len(both.made[0] or ()) <= 8
    assert both.difference == 0.0


def test_a_selector_that_predicts_asks_its_estimator() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), RFE(LogisticRegression(), n_features_to_select=4))

    both = beside(model.fit(x[::2], y[::2]), x[1::2].tolist())

    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_columns_of_a_frame_keep_their_order_through_made_features() -> None:
    frame = pandas.DataFrame(load_diabetes().data[:, :3], columns=["x", "y", "z"])

    both = transformed(PolynomialFeatures(2).fit(frame), frame.to_numpy().tolist(), columns("xyz"))

    assert both.difference == 0.0
