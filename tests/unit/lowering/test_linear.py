"""Linear models beside scikit-learn's own, on rows held out of real data and on boundary rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import linear_model as linear
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_linnerud
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC, LinearSVR
from tests.fakes.lowered import Beside, beside

pytestmark = pytest.mark.filterwarnings(
    # How well training went, and what a later scikit-learn will call things, does not matter here.
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore:.*PassiveAggressive:FutureWarning",
)
LAST_BITS = 1e-13
"""BLAS adds in an order of its own; a few units in the last place remain."""

REGRESSORS = [
    linear.ARDRegression(),
    linear.BayesianRidge(),
    linear.ElasticNetCV(),
    linear.HuberRegressor(),
    linear.Lars(),
    linear.LarsCV(),
    linear.LassoCV(),
    linear.LassoLars(),
    linear.LassoLarsCV(),
    linear.LassoLarsIC(),
    linear.LinearRegression(positive=True),
    linear.OrthogonalMatchingPursuit(),
    linear.OrthogonalMatchingPursuitCV(),
    linear.QuantileRegressor(quantile=0.8),
    linear.RANSACRegressor(random_state=0),
    linear.RANSACRegressor(linear.Ridge(), min_samples=30, random_state=0),
    linear.Ridge(fit_intercept=False),
    linear.RidgeCV(),
    linear.TheilSenRegressor(random_state=0, max_subpopulation=100),
    linear.TweedieRegressor(power=0),
    linear.TweedieRegressor(power=1, link="identity", alpha=10.0),
    LinearSVR(random_state=0),
]
EXPONENTIAL = [
    linear.GammaRegressor(),
    linear.PoissonRegressor(fit_intercept=False),
    linear.TweedieRegressor(power=1.5),
    linear.TweedieRegressor(power=0, link="log"),
]
CLASSIFIERS = [
    linear.LogisticRegression(solver="newton-cg", fit_intercept=False),
    linear.LogisticRegressionCV(Cs=3, cv=3, l1_ratios=(0,), scoring="accuracy", use_legacy_attributes=False),
    linear.Perceptron(random_state=0),
    linear.RidgeClassifier(),
    linear.RidgeClassifierCV(),
    linear.SGDClassifier(loss="hinge", random_state=0),
    linear.SGDClassifier(loss="log_loss", random_state=0),
    linear.SGDClassifier(loss="modified_huber", random_state=0),
    linear.SGDClassifier(loss="squared_hinge", random_state=0),
    LinearSVC(random_state=0),
    LinearSVC(multi_class="crammer_singer", random_state=0),
]
SEVERAL = [
    linear.Lasso(),
    linear.LinearRegression(fit_intercept=False),
    linear.MultiTaskElasticNet(),
    linear.MultiTaskElasticNetCV(cv=3),
    linear.MultiTaskLasso(),
    linear.MultiTaskLassoCV(cv=3),
    linear.OrthogonalMatchingPursuit(),
    linear.RANSACRegressor(random_state=0, min_samples=8),
    linear.Ridge(),
    linear.RidgeCV(),
]


def scaled(model: Any, load: Any) -> Beside:
    """Trained on every second row, behind a scaler, and compared on the others."""
    x, y = load(return_X_y=True)
    return beside(make_pipeline(StandardScaler(), model).fit(x[::2], y[::2]), x[1::2].tolist())


@pytest.mark.parametrize("model", REGRESSORS, ids=str)
def test_regressors_give_the_same_numbers(model: Any) -> None:
    both = scaled(model, load_diabetes)

    assert both.boundary > 10
    assert both.difference <= LAST_BITS


@pytest.mark.filterwarnings("ignore:overflow encountered in exp:RuntimeWarning")
@pytest.mark.parametrize("model", EXPONENTIAL, ids=str)
def test_a_logarithmic_link_is_undone(model: Any) -> None:
    # The exponential of a large score makes its last bits the tenth digit of the answer.
    assert scaled(model, load_diabetes).difference <= 1e-10


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris], ids=["binary", "multinomial"])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=str)
def test_classifiers_give_the_same_labels_and_probabilities(model: Any, load: Any) -> None:
    both = scaled(model, load)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_passive_aggressive_models_are_linear_too() -> None:
    assert scaled(linear.PassiveAggressiveRegressor(random_state=0), load_diabetes).difference <= LAST_BITS
    assert scaled(linear.PassiveAggressiveClassifier(random_state=0), load_iris).labels_equal


@pytest.mark.parametrize("model", SEVERAL, ids=str)
def test_several_targets_are_answered_with_lists(model: Any) -> None:
    both = scaled(model, load_linnerud)

    assert len(both.predictions[0]) == 3
    assert both.difference <= LAST_BITS


def test_an_indicator_matrix_is_answered_with_one_label_per_column() -> None:
    x, y = load_iris(return_X_y=True)
    model = linear.RidgeClassifier().fit(x, np.eye(3, dtype=int)[y] | [0, 0, 1])

    both = beside(model, x.tolist())

    assert both.labels_equal
    assert both.predictions[0] == [1, 0, 1]


def test_an_outlier_is_what_lies_below_the_offset() -> None:
    x, _ = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), linear.SGDOneClassSVM(random_state=0)).fit(x)

    both = beside(model, x.tolist())

    assert both.labels_equal
    assert set(both.predictions) == {-1, 1}


def test_sparse_coefficients_and_those_of_many_classes_are_read() -> None:
    x, y = load_digits(return_X_y=True)
    model = linear.SGDClassifier(loss="log_loss", penalty="l1", random_state=0).fit(x[::2], y[::2])

    both = beside(model.sparsify(), x[1::2].tolist())

    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_a_model_trained_in_float32_is_met_too() -> None:
    x, y = load_iris(return_X_y=True)
    model = linear.LogisticRegression(max_iter=1000).fit(x.astype(np.float32), y)

    assert model.coef_.dtype == np.float32
    assert beside(model, x.tolist()).difference <= LAST_BITS
