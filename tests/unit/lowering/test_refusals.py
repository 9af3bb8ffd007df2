"""Models that cannot be lowered are named, with the step in which they stand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.kernel_approximation import PolynomialCountSketch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelPropagation
from tests.fakes.lowered import columns

from emel.errors import ModelError, UnsupportedModelError
from emel.lowering import describe, lower

X = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0]])
Y = np.array([0, 1, 0, 1])


def refusal(model: Any) -> UnsupportedModelError:
    with pytest.raises(UnsupportedModelError) as caught:
        lower(model, columns("ab"))
    return caught.value


def test_an_unknown_predictor_is_named() -> None:
    problem = refusal(LabelPropagation().fit(X, Y))

    assert "sklearn.semi_supervised._label_propagation.LabelPropagation" in problem.message
    assert str(problem.hint).startswith("use a class")


def test_an_unknown_transformer_is_named_with_its_step() -> None:
    inner = Pipeline([("scale", StandardScaler()), ("reduce", PolynomialCountSketch(random_state=0))])
    problem = refusal(Pipeline([("prepare", inner), ("model", LogisticRegression())]).fit(X, Y))

    assert "PolynomialCountSketch" in problem.message
    assert problem.where == "step prepare, step reduce"


@pytest.mark.parametrize("model", [{"weights": [1, 2]}, StandardScaler().fit(X)], ids=["dict", "scaler"])
def test_what_cannot_predict_is_no_model(model: Any) -> None:
    with pytest.raises(ModelError, match="has no predict"):
        lower(model, columns("ab"))


def test_a_model_that_was_not_fitted_is_said_to_be_so() -> None:
    with pytest.raises(ModelError) as caught:
        lower(LogisticRegression(), columns("ab"))

    assert "fit the model" in str(caught.value.hint)


def test_a_subclass_that_changes_only_training_is_read_as_its_base() -> None:
    class Careful(LogisticRegression):
        pass

    assert lower(Careful().fit(X, Y), columns("ab")).labels == (0, 1)


def test_a_pipeline_is_described_by_its_steps() -> None:
    model = Pipeline([("scale", StandardScaler()), ("skip", "passthrough"), ("model", LogisticRegression())])

    assert describe(model) == "Pipeline(StandardScaler, LogisticRegression)"
