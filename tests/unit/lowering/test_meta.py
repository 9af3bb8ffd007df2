"""Estimators that wrap one other beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_linnerud
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import LinearSVC
from tests.fakes.lowered import beside, columns, held_out

from emel.errors import UnsupportedModelError
from emel.lowering import lower

LAST_BITS = 1e-12
LINEAR = make_pipeline(StandardScaler(), LogisticRegression())
SCORES = make_pipeline(StandardScaler(), LinearSVC(random_state=0))
FOREST = RandomForestClassifier(5, random_state=0)
SEARCHES = [
    GridSearchCV(LINEAR, {"logisticregression__C": [1, 2]}, cv=2),
    RandomizedSearchCV(FOREST, {"max_depth": [2, 3]}, n_iter=2, cv=2, random_state=0),
]
THRESHOLDS = [
    FixedThresholdClassifier(LINEAR, threshold=0.3),
    FixedThresholdClassifier(LINEAR, threshold=0.8, pos_label=0),
    FixedThresholdClassifier(LINEAR, threshold=-1, response_method="decision_function", pos_label=0),
    FixedThresholdClassifier(SCORES),
    FixedThresholdClassifier(FOREST, threshold=0.6),
    TunedThresholdClassifierCV(LINEAR, cv=2),
]
TRANSFORMERS = [
    StandardScaler(),
    MinMaxScaler(),
    MaxAbsScaler(),
    RobustScaler(),
    PowerTransformer(),
    PowerTransformer("box-cox"),
    make_pipeline(StandardScaler(), MinMaxScaler()),
]


@pytest.mark.parametrize(
    "model", [*SEARCHES, FrozenEstimator(LINEAR)], ids=lambda model: type(model).__name__
)
def test_searches_are_what_they_found(model: Any) -> None:
    x, y, rows = held_out(load_iris)
    if isinstance(model, FrozenEstimator):
        model.estimator.fit(x, y)

    both = beside(model.fit(x, y), rows, limit=300)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize("model", THRESHOLDS, ids=lambda model: f"{type(model).__name__}")
def test_thresholds_decide(model: Any) -> None:
    x, y, rows = held_out(load_breast_cancer)

    both = beside(model.fit(x, y), rows, limit=300)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_a_share_that_is_the_threshold_itself_is_above_it() -> None:
    x, y, rows = held_out(load_breast_cancer)
    model = FixedThresholdClassifier(FOREST, threshold=0.4).fit(x, y)

    both = beside(model, rows)

    assert any(share[1] == 0.4 for share in both.probabilities or [])
    assert both.labels_equal


@pytest.mark.parametrize("dataset", [load_breast_cancer, load_iris], ids=["binary", "multiclass"])
@pytest.mark.parametrize("inner", [LINEAR, SCORES, FOREST], ids=["linear", "scores", "forest"])
@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_calibrated_probabilities_are_met(method: str, inner: Any, dataset: Any) -> None:
    x, y, rows = held_out(dataset)

    both = beside(CalibratedClassifierCV(inner, method=method, cv=2).fit(x, y), rows, limit=300)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.filterwarnings("ignore:overflow encountered in exp:RuntimeWarning")
@pytest.mark.parametrize(
    ("there", "back"), [(np.log, np.exp), (np.log1p, np.expm1), (np.sqrt, np.square), (None, None)]
)
def test_functions_of_the_target_are_undone(there: Any, back: Any) -> None:
    x, y, rows = held_out(load_diabetes)
    model = TransformedTargetRegressor(Ridge(), func=there, inverse_func=back).fit(x, y)

    assert beside(model, rows, limit=300).difference <= LAST_BITS


@pytest.mark.parametrize("transformer", TRANSFORMERS, ids=str)
def test_transformers_of_the_target_are_undone(transformer: Any) -> None:
    x, y, rows = held_out(load_diabetes)
    model = TransformedTargetRegressor(Ridge(), transformer=transformer).fit(x, y)

    assert beside(model, rows, limit=300).difference <= LAST_BITS


def test_several_targets_are_undone_together() -> None:
    x, y, rows = held_out(load_linnerud)
    model = TransformedTargetRegressor(LinearRegression(), transformer=StandardScaler()).fit(x, y)

    assert beside(model, rows).difference <= LAST_BITS


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (
            TransformedTargetRegressor(Ridge(), transformer=QuantileTransformer(n_quantiles=9)),
            "QuantileTransformer",
        ),
        (
            TransformedTargetRegressor(Ridge(), inverse_func=lambda y: y, func=lambda y: y),
            "code that cannot be read",
        ),
    ],
    ids=["quantiles", "lambda"],
)
def test_what_cannot_be_read_is_refused(model: Any, reason: str) -> None:
    x, y, _ = held_out(load_diabetes)
    fitted = model.fit(x, y)

    with pytest.raises(UnsupportedModelError, match=reason):
        lower(fitted, columns(10))
