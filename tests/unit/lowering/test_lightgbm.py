"""LightGBM's models beside their originals: no bit differs."""

from __future__ import annotations

from typing import Any

import lightgbm
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from tests.fakes.lowered import beside, coded, columns, held_out

from emel.errors import UnsupportedModelError
from emel.lowering import lower

EXACT = 0.0
NAN = float("nan")
FEW: dict[str, Any] = {"n_estimators": 15, "min_child_samples": 5, "verbose": -1, "n_jobs": 1}
EDGE = 1.0000000180025095e-35
"""The largest number that LightGBM reads as zero."""

pytestmark = pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")


@pytest.mark.parametrize("dataset", [load_breast_cancer, load_iris], ids=["binary", "multiclass"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"boosting_type": "dart"},
        {"boosting_type": "rf", "subsample": 0.5, "subsample_freq": 1},
        {"use_missing": False},
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_classifiers_are_met(settings: dict[str, Any], dataset: Any) -> None:
    x, y, rows = held_out(dataset)

    both = beside(lightgbm.LGBMClassifier(**FEW, **settings).fit(x, y), rows, limit=600)

    assert both.boundary > 100
    assert both.labels_equal
    assert both.difference == EXACT


@pytest.mark.parametrize("objective", ["multiclassova", "cross_entropy", "cross_entropy_lambda"])
def test_other_links_of_classes_are_met(objective: str) -> None:
    x, y, rows = held_out(load_iris if objective == "multiclassova" else load_breast_cancer)

    both = beside(lightgbm.LGBMClassifier(**FEW, objective=objective).fit(x, y), rows, limit=300)

    assert both.labels_equal
    assert both.difference == EXACT


@pytest.mark.parametrize(
    "objective",
    ["regression", "regression_l1", "huber", "fair", "poisson", "quantile", "mape", "gamma", "tweedie"],
)
def test_regressors_of_each_objective_are_met(objective: str) -> None:
    x, y, rows = held_out(load_diabetes)

    model = lightgbm.LGBMRegressor(**FEW, objective=objective).fit(x, y)

    assert beside(model, rows, limit=300).difference == EXACT


def test_square_roots_are_undone() -> None:
    x, y, rows = held_out(load_diabetes)

    assert beside(lightgbm.LGBMRegressor(**FEW, reg_sqrt=True).fit(x, y), rows, limit=300).difference == EXACT


@pytest.mark.parametrize("objective", ["lambdarank", "rank_xendcg"])
def test_rankers_are_met(objective: str) -> None:
    x, y, rows = held_out(load_diabetes)
    model = lightgbm.LGBMRanker(**FEW, objective=objective).fit(
        x, np.digitize(y, [100, 200]), group=[100, len(x) - 100]
    )

    assert beside(model, rows, limit=300).difference == EXACT


@pytest.mark.parametrize(
    "settings",
    [{}, {"use_missing": False}, {"zero_as_missing": True}],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_missing_values_go_where_training_sent_them(settings: dict[str, Any]) -> None:
    x, y, rows = held_out(load_iris)
    x[::5, 2] = NAN
    x[::7, 0] = 0.0
    gaps = [
        [zero, row[1], NAN, row[3]]
        for row, zero in zip(rows, [0.0, EDGE, -EDGE, NAN, 1e-34] * 10, strict=True)
    ]

    model = lightgbm.LGBMClassifier(**FEW, **settings).fit(x, y)
    both = beside(model, rows + gaps, columns("abcd", missing=True), limit=600)

    assert both.labels_equal
    assert both.difference == EXACT


def test_what_is_read_as_zero_is_so_beside_a_threshold_near_zero() -> None:
    x, y, rows = held_out(load_breast_cancer)
    shift = np.median(x, axis=0)
    near = [[number] * 30 for number in (0.0, EDGE, -EDGE, 1e-36, -1e-36, 5e-324, 2e-35, -2e-35)]

    model = lightgbm.LGBMClassifier(**FEW).fit(x - shift, y)
    both = beside(model, (np.array(rows) - shift).tolist() + near, limit=600)

    assert any(abs(threshold) <= EDGE for _, threshold in lower(model, columns(30)).notes.thresholds)
    assert both.labels_equal
    assert both.difference == EXACT


@pytest.mark.parametrize("one_hot", [1, 30])
def test_categories_split_by_sets(one_hot: int) -> None:
    x, y, rows = held_out(load_iris)
    x, given = coded(x), coded(np.array(rows)).tolist()
    codes = [*range(15), NAN, -1.0, -0.5, 2.7, 1e6]
    asked = given + [[row[0], code, *row[2:]] for row, code in zip(given, codes, strict=False)]
    model = lightgbm.LGBMClassifier(**FEW, cat_smooth=1, min_data_per_group=1, max_cat_to_onehot=one_hot)

    model.fit(x, y, categorical_feature=[1])
    both = beside(model, asked, columns("abcd", missing=True), limit=600)

    assert "'decision_type': '=='" in str(model.booster_.dump_model())
    assert both.labels_equal
    assert both.difference == EXACT


@pytest.mark.parametrize(
    ("settings", "dataset"),
    [
        ({"objective": "binary", "sigmoid": 2.0}, load_breast_cancer),
        ({"objective": "multiclass", "num_class": 3}, load_iris),
        ({"objective": "regression"}, load_diabetes),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_native_boosters_give_their_numbers(settings: dict[str, Any], dataset: Any) -> None:
    x, y, rows = held_out(dataset)
    model = lightgbm.train({"verbose": -1, "num_threads": 1, **settings}, lightgbm.Dataset(x, y), 15)

    assert beside(model, rows, limit=300).difference == EXACT


def test_early_stopping_keeps_the_best_rounds() -> None:
    x, y, rows = held_out(load_breast_cancer)
    model = lightgbm.LGBMClassifier(**FEW, early_stopping_round=2)
    model.fit(x, y, eval_X=np.array(rows), eval_y=np.arange(len(rows)) % 2)

    assert model.best_iteration_ < FEW["n_estimators"]
    assert beside(model, rows, limit=300).difference == EXACT


def test_linear_leaves_are_refused() -> None:
    x, y, _ = held_out(load_diabetes)
    model = lightgbm.LGBMRegressor(**FEW, linear_tree=True).fit(x, y)

    with pytest.raises(UnsupportedModelError, match="linear_tree"):
        lower(model, columns(10))
