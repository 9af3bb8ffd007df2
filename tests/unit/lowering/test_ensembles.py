"""Voting, bagging, AdaBoost and stacking beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from tests.fakes.lowered import beside, columns, held_out

from emel.errors import UnsupportedModelError
from emel.lowering import lower

LAST_BITS = 1e-12
LINEAR = make_pipeline(StandardScaler(), LogisticRegression())
SCORES = make_pipeline(StandardScaler(), LinearSVC(random_state=0))
FOREST = RandomForestClassifier(5, random_state=0)
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
THREE = [("linear", LINEAR), ("forest", FOREST), ("dropped", "drop"), ("tree", TREE)]
TWO = [("scores", SCORES), ("forest", FOREST)]
LAST = LogisticRegression(max_iter=5000)

CLASSIFIERS = [
    VotingClassifier(THREE, voting="soft", weights=[1, 2.5, 9, 1]),
    VotingClassifier(THREE, voting="hard"),
    VotingClassifier(THREE, voting="hard", weights=[1, 2.5, 9, 1.5]),
    BaggingClassifier(n_estimators=5, max_features=0.5, random_state=0),
    BaggingClassifier(SCORES, n_estimators=5, max_features=0.5, bootstrap_features=True, random_state=0),
    BaggingClassifier(TREE, max_samples=3, n_estimators=9, random_state=0),
    AdaBoostClassifier(n_estimators=20, random_state=0),
    AdaBoostClassifier(GaussianNB(), n_estimators=5, random_state=0),
    StackingClassifier(TWO, final_estimator=LAST, cv=3),
    StackingClassifier(THREE[:2], final_estimator=FOREST, stack_method="predict", cv=3, passthrough=True),
    StackingClassifier(THREE[:2], final_estimator=LAST, stack_method="predict_proba", cv=3),
]
REGRESSORS = [
    VotingRegressor([("a", Ridge()), ("b", RandomForestRegressor(5, random_state=0))], weights=[1, 2]),
    BaggingRegressor(n_estimators=5, max_features=0.6, random_state=0),
    AdaBoostRegressor(n_estimators=10, random_state=0),
    AdaBoostRegressor(LinearRegression(), n_estimators=5, random_state=0),
    StackingRegressor(
        [("a", Ridge()), ("b", RandomForestRegressor(5, random_state=0))],
        final_estimator=Ridge(),
        cv=3,
        passthrough=True,
    ),
]


def name(model: Any) -> str:
    return f"{type(model).__name__}-{getattr(model, 'voting', getattr(model, 'stack_method', ''))}"


@pytest.mark.parametrize("dataset", [load_breast_cancer, load_iris], ids=["binary", "multiclass"])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=name)
def test_classifiers_are_met(model: Any, dataset: Any) -> None:
    x, y, rows = held_out(dataset)
    names = np.array(["злой", "добрый", "никакой"])

    both = beside(model.fit(x, names[y]), rows, limit=400)

    assert both.boundary > 4
    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize("model", REGRESSORS, ids=name)
def test_regressors_are_met(model: Any) -> None:
    x, y, rows = held_out(load_diabetes)

    assert beside(model.fit(x, y), rows, limit=400).difference <= LAST_BITS


def test_of_equal_votes_the_first_label_wins() -> None:
    x, y, rows = held_out(load_iris)
    shy = DecisionTreeClassifier(max_depth=1, random_state=1)
    voters = VotingClassifier([("a", shy), ("b", LINEAR)], voting="hard").fit(x, y)

    differing = [row for row in rows if len({one.predict([row])[0] for one in voters.estimators_}) > 1]

    assert differing
    assert beside(voters, differing).labels_equal


def test_a_member_that_cannot_be_read_is_named() -> None:
    x, y, _ = held_out(load_iris)
    model = StackingClassifier([("process", GaussianProcessClassifier())], final_estimator=LAST, cv=2)

    with pytest.raises(UnsupportedModelError, match="GaussianProcessClassifier") as caught:
        lower(model.fit(x, y), columns(4))

    assert caught.value.where == "step GaussianProcessClassifier"
