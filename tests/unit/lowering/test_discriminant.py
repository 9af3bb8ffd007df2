"""Discriminant analysis beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.fakes.lowered import beside, columns

from emel.errors import UnsupportedModelError
from emel.lowering import lower

MODELS = [
    LinearDiscriminantAnalysis(),
    LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto"),
    LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2),
    QuadraticDiscriminantAnalysis(reg_param=0.01),
    QuadraticDiscriminantAnalysis(reg_param=0.1),
]


@pytest.mark.parametrize("data", [load_breast_cancer, load_iris, load_wine])
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_classifiers_give_the_same_labels_and_probabilities(model: Any, data: Any) -> None:
    x, y = data(return_X_y=True)
    scaled = make_pipeline(StandardScaler(), model).fit(x[::2], y[::2])

    both = beside(scaled, x[1::2].tolist())

    assert both.labels_equal
    assert both.difference <= 1e-11


@pytest.mark.parametrize("options", [{"solver": "svd"}, {"solver": "eigen", "n_components": 1}], ids=str)
def test_as_a_transformer_it_reduces_columns(options: dict[str, Any]) -> None:
    x, y = load_wine(return_X_y=True)
    model = make_pipeline(LinearDiscriminantAnalysis(**options), LogisticRegression()).fit(x[::2], y[::2])

    both = beside(model, x[1::2].tolist())

    assert both.labels_equal
    assert both.difference <= 1e-11


def test_a_solver_that_transforms_nothing_is_refused() -> None:
    x, y = load_iris(return_X_y=True)
    reduce = LinearDiscriminantAnalysis().fit(x, y)
    model = make_pipeline(reduce, LogisticRegression()).fit(x, y)
    reduce.solver = "lsqr"

    with pytest.raises(UnsupportedModelError, match="transforms nothing"):
        lower(model, columns(4))
