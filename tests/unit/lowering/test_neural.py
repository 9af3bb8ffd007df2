"""Multi-layer perceptrons beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_linnerud
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.fakes.lowered import Beside, beside, columns

from emel.errors import UnsupportedModelError
from emel.lowering import lower

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
LAST_BITS = 1e-12
ACTIVATIONS = pytest.mark.parametrize("activation", ["identity", "logistic", "relu", "tanh"])
FEW = {"hidden_layer_sizes": (9, 5), "max_iter": 60, "random_state": 0}


def scaled(model: Any, data: Any) -> Beside:
    x, y = data(return_X_y=True)
    return beside(make_pipeline(StandardScaler(), model).fit(x[::2], y[::2]), x[1::2].tolist())


@ACTIVATIONS
@pytest.mark.parametrize("data", [load_breast_cancer, load_iris, load_digits])
def test_classifiers_give_the_same_labels_and_probabilities(data: Any, activation: str) -> None:
    both = scaled(MLPClassifier(activation=activation, **FEW), data)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


@ACTIVATIONS
@pytest.mark.parametrize("data", [load_diabetes, load_linnerud], ids=["one", "several"])
def test_regressors_give_the_same_numbers(data: Any, activation: str) -> None:
    both = scaled(MLPRegressor(activation=activation, **FEW), data)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_a_network_without_hidden_layers_is_linear() -> None:
    assert scaled(MLPRegressor(**FEW | {"hidden_layer_sizes": ()}), load_diabetes).difference <= LAST_BITS


def test_an_indicator_matrix_is_answered_with_one_label_per_column() -> None:
    x, y = load_iris(return_X_y=True)
    model = MLPClassifier(**FEW | {"max_iter": 400}).fit(x, np.eye(3, dtype=int)[y] | [0, 0, 1])

    both = beside(model, x.tolist())

    assert both.labels_equal
    assert both.predictions[0] == [1, 0, 1]


def test_weights_of_float32_are_met() -> None:
    x, y = load_digits(return_X_y=True)
    model = MLPClassifier(**FEW).fit(x[::2].astype(np.float32), y[::2])

    both = beside(model, x[1::2].tolist())

    assert model.coefs_[0].dtype == np.float32
    assert both.labels_equal
    assert both.difference <= 1e-6


def test_a_large_network_is_refused() -> None:
    x, y = load_iris(return_X_y=True)
    model = MLPClassifier((1500, 1500), max_iter=1, random_state=0).fit(x, y)

    with pytest.raises(UnsupportedModelError, match="2260500 weights"):
        lower(model, columns(4))
