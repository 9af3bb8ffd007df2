"""Voting, bagging, AdaBoost and stacking beside scikit-learn's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    RandomTreesEmbedding,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier, OutputCodeClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from tests.fakes.lowered import beside, columns, held_out
from tests.fakes.transformed import transformed

from emel.errors import UnsupportedModelError
from emel.lowering import lower
from emel_runtime.pure import decode

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


@pytest.mark.parametrize("settings", [{}, {"max_features": 0.5}, {"max_samples": 3}], ids=str)
def test_bags_of_trees_are_walked_as_one_forest(settings: dict[str, Any]) -> None:
    x, y, rows = held_out(load_iris)
    bag = BaggingClassifier(DecisionTreeClassifier(), 20, random_state=0, **settings).fit(x, y)
    mean = BaggingRegressor(DecisionTreeRegressor(), 20, random_state=0, **settings).fit(x, y / 3)

    for model in (bag, mean):
        program, _ = decode(lower(model, columns(4)).data)
        both = beside(model, rows, limit=400)

        assert [entry["name"] for entry in program["operations"]][:1] == ["forest"]
        assert both.labels_equal
        assert both.difference == 0.0


def test_trees_become_ones_at_their_leaves() -> None:
    x, y, rows = held_out(load_iris)
    few, many = (RandomTreesEmbedding(count, random_state=0) for count in (3, 30))

    assert transformed(few.fit(x), rows).difference == 0.0
    both = beside(make_pipeline(many, LAST).fit(x, y), rows, limit=400)
    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize("outer", [OneVsOneClassifier, OutputCodeClassifier, OneVsRestClassifier])
def test_what_is_sure_by_its_score_is_asked_for_that(outer: Any) -> None:
    x, y, rows = held_out(load_iris)
    model = outer(LGBMClassifier(n_estimators=5, n_jobs=1, verbose=-1)).fit(x, y)

    assert beside(model, rows, limit=400).labels_equal


def test_a_classifier_that_trains_itself_answers_as_its_last_estimator() -> None:
    x, y, rows = held_out(load_iris)
    some = np.where(np.arange(len(y)) % 2, y, -1)

    both = beside(SelfTrainingClassifier(LINEAR).fit(x, some), rows)

    assert both.labels_equal
    assert both.difference <= LAST_BITS
