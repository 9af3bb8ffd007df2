"""XGBoost's models beside their originals, whose sums are in float32."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xgboost
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_linnerud
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, MaxAbsScaler
from tests.fakes.lowered import beside, coded, columns, held_out
from tests.fakes.titanic import passengers

from emel.errors import UnsupportedModelError
from emel.lowering import Column, lower

EXACT = 0.0
ONE_ULP = 1.3e-7
"""Of float32: XGBoost's exponential is not rounded to the nearest."""
NAN = float("nan")
FEW: dict[str, Any] = {"n_estimators": 20, "n_jobs": 1}


@pytest.mark.parametrize("dataset", [load_breast_cancer, load_iris], ids=["binary", "multiclass"])
@pytest.mark.parametrize(
    "settings", [{}, {"booster": "dart", "rate_drop": 0.3}, {"base_score": 0.3}], ids=str
)
def test_classifiers_are_met(settings: dict[str, Any], dataset: Any) -> None:
    x, y, rows = held_out(dataset)

    both = beside(xgboost.XGBClassifier(**FEW, **settings).fit(x, y), rows, limit=600)

    assert both.boundary > 50
    assert both.labels_equal
    assert both.difference <= ONE_ULP


def test_many_leaves_add_up_to_the_same_float32() -> None:
    x, y, rows = held_out(load_diabetes)
    model = xgboost.XGBRegressor(n_estimators=300, max_depth=3, n_jobs=1).fit(x, y)

    assert beside(model, rows, limit=600).difference == EXACT


@pytest.mark.parametrize("objective", ["binary:hinge", "binary:logitraw"])
def test_other_links_of_classes_are_met(objective: str) -> None:
    x, y, rows = held_out(load_breast_cancer)

    both = beside(xgboost.XGBClassifier(**FEW, objective=objective).fit(x, y), rows, limit=300)

    assert both.labels_equal
    assert both.difference == EXACT


@pytest.mark.parametrize(
    "objective",
    [
        "reg:squarederror",
        "reg:absoluteerror",
        "reg:squaredlogerror",
        "reg:pseudohubererror",
        "reg:gamma",
        "reg:tweedie",
        "count:poisson",
        "survival:cox",
    ],
)
def test_regressors_of_each_objective_are_met(objective: str) -> None:
    x, y, rows = held_out(load_diabetes)

    model = xgboost.XGBRegressor(**FEW, objective=objective).fit(x, y)

    assert beside(model, rows, limit=300).difference <= ONE_ULP


@pytest.mark.parametrize(
    "model",
    [
        xgboost.XGBRFRegressor(n_estimators=10, n_jobs=1),
        xgboost.XGBRegressor(**FEW, objective="reg:quantileerror", quantile_alpha=[0.1, 0.5]),
    ],
    ids=["forest", "quantiles"],
)
def test_several_trees_a_round_are_met(model: Any) -> None:
    x, y, rows = held_out(load_diabetes)

    assert beside(model.fit(x, y), rows, limit=300).difference == EXACT


def test_several_targets_are_met_where_each_has_its_trees() -> None:
    x, y, rows = held_out(load_linnerud)

    assert beside(xgboost.XGBRegressor(**FEW).fit(x, y), rows).difference == EXACT


@pytest.mark.parametrize("objective", ["rank:ndcg", "rank:pairwise", "rank:map"])
def test_rankers_are_met(objective: str) -> None:
    x, y, rows = held_out(load_diabetes)
    ranks = (y > 150).astype(int) if objective == "rank:map" else np.digitize(y, [100, 200])
    model = xgboost.XGBRanker(**FEW, objective=objective).fit(x, ranks, group=[100, len(x) - 100])

    assert beside(model, rows, limit=300).difference == EXACT


def test_shares_and_times_to_an_event_are_met() -> None:
    x, y, rows = held_out(load_diabetes)
    shares = xgboost.XGBRegressor(**FEW, objective="reg:logistic").fit(x, y / 400)
    bounds = xgboost.DMatrix(x, label_lower_bound=y, label_upper_bound=y + 5)
    times = xgboost.train({"objective": "survival:aft", "nthread": 1}, bounds, 10)

    assert beside(shares, rows, limit=300).difference <= ONE_ULP
    assert beside(times, rows, limit=300).difference <= ONE_ULP


@pytest.mark.parametrize("missing", [NAN, 0.2])
def test_missing_values_go_where_training_sent_them(missing: float) -> None:
    x, y, rows = held_out(load_iris)
    x[::5, 2] = NAN
    gaps = [[0.2, row[1], NAN, float(np.float32(0.2))] for row in rows]

    model = xgboost.XGBClassifier(**FEW, missing=missing).fit(x, y)
    both = beside(model, rows + gaps, columns("abcd", missing=True), limit=600)

    assert both.labels_equal
    assert both.difference <= ONE_ULP


@pytest.mark.parametrize("one_hot", [1, 100])
def test_categories_split_by_sets(one_hot: int) -> None:
    x, y, rows = held_out(load_iris)
    x, given = coded(x), coded(np.array(rows)).tolist()
    codes = [*range(15), NAN, 2.7, 1e6]
    asked = given + [[row[0], code, *row[2:]] for row, code in zip(given, codes, strict=False)]
    kinds = ["q", "c", "q", "q"]
    model = xgboost.XGBClassifier(
        **FEW, enable_categorical=True, feature_types=kinds, max_cat_to_onehot=one_hot, max_depth=8
    )

    both = beside(model.fit(x, y), asked, columns("abcd", missing=True), limit=600)

    assert '"categories_nodes":[0' in model.get_booster().save_raw("json").decode()
    assert both.labels_equal
    assert both.difference <= ONE_ULP


@pytest.mark.parametrize(
    ("settings", "dataset"),
    [
        ({"objective": "binary:logistic"}, load_breast_cancer),
        ({"objective": "multi:softprob", "num_class": 3}, load_iris),
        ({"objective": "multi:softmax", "num_class": 3}, load_iris),
        ({"objective": "reg:squarederror"}, load_diabetes),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_native_boosters_give_their_numbers(settings: dict[str, Any], dataset: Any) -> None:
    x, y, rows = held_out(dataset)
    names = [f"n{place}" for place in range(x.shape[1])]
    model = xgboost.train({"nthread": 1, **settings}, xgboost.DMatrix(x, y, feature_names=names), 15)

    assert beside(model, rows, limit=300).difference <= ONE_ULP


def test_early_stopping_keeps_the_best_rounds() -> None:
    x, y, rows = held_out(load_breast_cancer)
    model = xgboost.XGBClassifier(**FEW, early_stopping_rounds=2)
    model.fit(x, y, eval_set=[(np.array(rows), np.arange(len(rows)) % 2)], verbose=False)

    assert model.best_iteration < 10
    assert beside(model, rows, limit=300).difference == EXACT


@pytest.mark.parametrize(
    ("settings", "reason"),
    [({"booster": "gblinear"}, "gblinear"), ({"multi_strategy": "multi_output_tree"}, "multi_output_tree")],
)
def test_what_is_no_sum_of_trees_is_refused(settings: dict[str, Any], reason: str) -> None:
    x, y, _ = held_out(load_linnerud)
    model = xgboost.XGBRegressor(**FEW, **settings).fit(x, y if "multi_strategy" in settings else y[:, 0])

    with pytest.raises(UnsupportedModelError, match=reason):
        lower(model, columns(3))


@pytest.mark.parametrize("settings", [{}, {"objective": "count:poisson"}, {"num_parallel_tree": 3}], ids=str)
def test_dart_rounds_in_estimators_otherwise_than_in_boosters(settings: dict[str, Any]) -> None:
    x, y, rows = held_out(load_diabetes)
    model = xgboost.XGBRegressor(**FEW, booster="dart", rate_drop=0.4, **settings).fit(x, y)

    assert beside(model, rows, limit=300).difference == 0.0
    assert beside(model.get_booster(), rows, limit=300).difference == 0.0


@pytest.mark.parametrize("missing", [NAN, 0.0, 1.0])
@pytest.mark.parametrize(
    "vectorizer",
    [
        TfidfVectorizer(analyzer="char", ngram_range=(1, 2)),
        make_pipeline(CountVectorizer(), TfidfTransformer(), SelectKBest(k=10), MaxAbsScaler()),
    ],
    ids=["tf-idf", "selected"],
)
def test_what_a_sparse_matrix_lacks_is_missing(vectorizer: Any, missing: float) -> None:
    texts = [f"{name} ж" for name in passengers().name[:90]]
    model = make_pipeline(vectorizer, xgboost.XGBClassifier(**FEW, missing=missing))
    model.fit(texts[:60], passengers().survived.astype(int)[:60])

    both = beside(model, [[text] for text in texts], [Column("text", "string")])

    assert both.labels_equal
    assert both.difference <= ONE_ULP


@pytest.mark.parametrize("threshold", [0.0, 1.0], ids=["made dense", "kept sparse"])
@pytest.mark.parametrize("encode", ["onehot", "onehot-dense"])
def test_zeros_are_missing_where_columns_stay_sparse(encode: str, threshold: float) -> None:
    x, y, rows = held_out(load_iris)
    bins = KBinsDiscretizer(6, encode=encode, strategy="uniform")
    columns = make_column_transformer((bins, [0, 1]), (MaxAbsScaler(), [2, 3]), sparse_threshold=threshold)
    model = make_pipeline(columns, xgboost.XGBClassifier(**FEW)).fit(x, y)

    both = beside(model, [*rows, [0.0] * 4], limit=600)

    assert both.labels_equal
    assert both.difference <= ONE_ULP


@pytest.mark.parametrize("count", [2, 3])
def test_several_labels_a_row_are_met(count: int) -> None:
    x, y, rows = held_out(load_iris)
    labels = np.column_stack([y == 1, x[:, 0] > 5.8, y == 2])[:, :count].astype(int)

    assert beside(xgboost.XGBClassifier(**FEW).fit(x, labels), rows, limit=200).labels_equal
