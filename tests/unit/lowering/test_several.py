"""Many classes of estimators for two, and many targets of estimators for one, beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_linnerud
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from tests.fakes.lowered import beside, held_out

LAST_BITS = 1e-12
LINEAR = make_pipeline(StandardScaler(), LogisticRegression())
SCORES = make_pipeline(StandardScaler(), LinearSVC(random_state=0))
FOREST = RandomForestClassifier(5, random_state=0)
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
MEMBERS = [LINEAR, SCORES, FOREST, TREE]


@pytest.mark.parametrize("dataset", [load_breast_cancer, load_iris], ids=["binary", "multiclass"])
@pytest.mark.parametrize("member", MEMBERS, ids=["linear", "scores", "forest", "tree"])
@pytest.mark.parametrize("kind", [OneVsRestClassifier, OneVsOneClassifier, OutputCodeClassifier])
def test_many_classes_are_made_of_two(kind: Any, member: Any, dataset: Any) -> None:
    x, y, rows = held_out(dataset)
    model = kind(member, random_state=0) if kind is OutputCodeClassifier else kind(member)

    both = beside(model.fit(x, np.array(["один", "два", "три"])[y]), rows, limit=300)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize(
    "member", [LINEAR, FOREST, LinearRegression()], ids=["linear", "forest", "regressor"]
)
def test_a_row_may_have_several_labels(member: Any) -> None:
    x, y, rows = held_out(load_iris)

    both = beside(
        OneVsRestClassifier(member).fit(x, np.column_stack([y > 0, y > 1, y < 1]) * 1), rows, limit=300
    )

    assert [0, 0, 1] in both.predictions
    assert both.labels_equal


@pytest.mark.filterwarnings("ignore:Label .* is present in all training examples:UserWarning")
def test_a_label_that_all_rows_have_is_given_to_all() -> None:
    x, y, rows = held_out(load_iris)
    model = OneVsRestClassifier(LINEAR).fit(x, np.column_stack([y > 0, y < 5]) * 1)

    assert beside(model, rows).labels_equal


def test_several_targets_have_labels_of_their_own() -> None:
    x, y, rows = held_out(load_iris)
    model = MultiOutputClassifier(LINEAR).fit(x, np.column_stack([y, y > 1]))

    assert beside(model, rows, limit=300).labels_equal


@pytest.mark.parametrize(
    "model",
    [
        MultiOutputRegressor(GradientBoostingRegressor(n_estimators=5)),
        RegressorChain(LinearRegression(), order=[2, 0, 1]),
    ],
    ids=lambda model: type(model).__name__,
)
def test_several_numbers_are_met(model: Any) -> None:
    x, y, rows = held_out(load_linnerud)

    assert beside(model.fit(x, y), rows).difference <= LAST_BITS


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_chains_hand_on_what_they_found(method: str) -> None:
    x, y, rows = held_out(load_iris)
    targets = np.column_stack([y > 0, y > 1, y < 1]) * 1

    both = beside(
        ClassifierChain(LINEAR, order=[2, 0, 1], chain_method=method).fit(x, targets), rows, limit=300
    )

    assert both.labels_equal


def test_chains_hand_on_labels_as_they_are() -> None:
    x, y, rows = held_out(load_iris)
    targets = np.column_stack([y + 3, y > 1, (y < 1) * 7])

    assert beside(ClassifierChain(FOREST, order=[1, 2, 0]).fit(x, targets), rows, limit=300).labels_equal
