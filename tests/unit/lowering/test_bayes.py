"""Naive Bayes beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.fakes.lowered import Beside, beside, columns

from emel.errors import UnsupportedModelError
from emel.lowering import lower
from emel_runtime.pure import Unanswerable, load

MODELS = [
    GaussianNB(),
    GaussianNB(priors=[0.5, 0.3, 0.2]),
    MultinomialNB(),
    MultinomialNB(fit_prior=False, alpha=0.1),
    ComplementNB(),
    ComplementNB(norm=True),
    BernoulliNB(binarize=3.0),
    CategoricalNB(min_categories=12),
]


def halves(model: Any, data: Any) -> Beside:
    x, y = data(return_X_y=True)
    return beside(model.fit(x[::2], y[::2]), x[1::2].tolist())


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_classifiers_give_the_same_labels_and_probabilities(model: Any) -> None:
    both = halves(model, load_iris)

    assert both.boundary > 4
    assert both.labels_equal
    assert both.difference <= 1e-12


@pytest.mark.parametrize("data", [load_breast_cancer, load_digits, load_wine])
def test_normal_distributions_of_many_units_are_met(data: Any) -> None:
    both = halves(GaussianNB(), data)

    assert both.labels_equal
    # In digits some columns are constant: a little beside them, several classes are certain at once.
    assert both.difference <= 1e-12


@pytest.mark.parametrize("model", [MultinomialNB(), ComplementNB(), BernoulliNB(binarize=8.0)], ids=str)
def test_counts_are_met(model: Any) -> None:
    both = halves(model, load_digits)

    assert both.labels_equal
    # Counts a million times those of the data are tried too: there the scores have twelve digits.
    assert both.difference <= 1e-10


def test_a_threshold_is_met_behind_a_scaler() -> None:
    both = halves(make_pipeline(StandardScaler(), BernoulliNB(binarize=0.5)), load_iris)

    assert both.boundary >= 24
    assert both.labels_equal


def test_zeros_and_ones_need_no_threshold() -> None:
    x, y = load_digits(return_X_y=True)
    flags = (x > 4).astype(float)
    model = BernoulliNB(binarize=None, fit_prior=False)

    assert beside(model.fit(flags[::2], y[::2]), flags[1::2].tolist()).labels_equal
    with pytest.raises(UnsupportedModelError, match="other than 0 and 1"):
        lower(model.fit(x, y), columns(64))


@pytest.mark.filterwarnings("ignore:divide by zero encountered in log:RuntimeWarning")
def test_an_impossible_class_stays_so() -> None:
    both = halves(GaussianNB(priors=[0.5, 0.5, 0.0]), load_iris)

    assert set(both.predictions) == {0, 1}
    assert both.difference <= 1e-12


def test_categories_are_cut_to_integers() -> None:
    x, y = load_digits(return_X_y=True)
    model = CategoricalNB(min_categories=17).fit(x, y)
    rows = (x[:50] + 0.9).clip(max=16).tolist()

    both = beside(model, rows)

    assert both.labels_equal
    assert both.difference <= 1e-12


@pytest.mark.parametrize("value", [17.0, -1.0, float("nan"), float("inf")])
def test_a_category_that_was_not_seen_refuses_the_row(value: float) -> None:
    x, y = load_digits(return_X_y=True)
    model = load(lower(CategoricalNB(min_categories=17).fit(x, y), columns(64)).data)

    with pytest.raises(Unanswerable):
        model.answer([[value, *x[0, 1:].tolist()]])


def test_one_class_alone_is_certain() -> None:
    x = np.array([[1.0, 2.0], [2.0, 1.0]])

    for model in (ComplementNB(), MultinomialNB(), GaussianNB()):
        assert beside(model.fit(x, [7, 7]), x.tolist()).probabilities[0] == [1.0]
