"""CatBoost's models beside their originals."""

from __future__ import annotations

from typing import Any

import catboost
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_linnerud
from tests.fakes.lowered import beside, columns, held_out

from emel.errors import UnsupportedModelError
from emel.lowering import lower

LAST_BITS = 1e-15
NAN = float("nan")
FEW: dict[str, Any] = {
    "iterations": 20,
    "depth": 4,
    "verbose": 0,
    "allow_writing_files": False,
    "thread_count": 1,
}
GROWN = ["SymmetricTree", "Depthwise", "Lossguide"]


@pytest.mark.parametrize("dataset", [load_breast_cancer, load_iris], ids=["binary", "multiclass"])
@pytest.mark.parametrize("grown", GROWN)
def test_classifiers_are_met(grown: str, dataset: Any) -> None:
    x, y, rows = held_out(dataset)

    both = beside(catboost.CatBoostClassifier(**FEW, grow_policy=grown).fit(x, y), rows, limit=600)

    assert both.boundary > 50
    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize(
    "loss",
    [
        "RMSE",
        "MAE",
        "Poisson",
        "Tweedie:variance_power=1.5",
        "Quantile:alpha=0.3",
        "MultiQuantile:alpha=0.1,0.5",
        "Huber:delta=1",
        "LogLinQuantile",
        "Cox",
    ],
)
def test_regressors_of_each_loss_are_met(loss: str) -> None:
    x, y, rows = held_out(load_diabetes)

    model = catboost.CatBoostRegressor(**FEW, loss_function=loss).fit(x, y)

    assert beside(model, rows, limit=300).difference <= LAST_BITS


@pytest.mark.parametrize("grown", GROWN)
@pytest.mark.parametrize("mode", ["Min", "Max"])
def test_missing_values_lie_below_or_above_all(mode: str, grown: str) -> None:
    x, y, rows = held_out(load_iris)
    x[::5, 2] = NAN
    gaps = [[row[0], NAN, NAN, row[3]] for row in rows]

    model = catboost.CatBoostClassifier(**FEW, nan_mode=mode, grow_policy=grown).fit(x, y)
    both = beside(model, rows + gaps, columns("abcd", missing=True), limit=600)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


@pytest.mark.parametrize("labels", [["нет", "да"], [False, True], [7, 9]])
def test_labels_keep_their_type(labels: list[Any]) -> None:
    x, y, rows = held_out(load_breast_cancer)

    assert beside(catboost.CatBoostClassifier(**FEW).fit(x, np.array(labels)[y]), rows, limit=60).labels_equal


@pytest.mark.parametrize(
    "loss", ["MultiClassOneVsAll", "CrossEntropy", "Focal:focal_alpha=0.3;focal_gamma=1.5"]
)
def test_other_links_of_classes_are_met(loss: str) -> None:
    x, y, rows = held_out(load_iris if loss.startswith("Multi") else load_breast_cancer)

    both = beside(catboost.CatBoostClassifier(**FEW, loss_function=loss).fit(x, y), rows, limit=300)

    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_several_targets_and_ranks_are_met() -> None:
    x, y, rows = held_out(load_linnerud)
    targets = catboost.CatBoostRegressor(**FEW, loss_function="MultiRMSE").fit(x, y)
    ranks = catboost.CatBoostRanker(**FEW).fit(x, np.arange(len(x)) % 3, group_id=np.arange(len(x)) // 4)

    assert beside(targets, rows).difference <= LAST_BITS
    assert beside(ranks, rows).difference <= LAST_BITS


@pytest.mark.parametrize("loss", ["RMSEWithUncertainty", "MultiLogloss"])
def test_losses_with_other_links_are_refused_by_name(loss: str) -> None:
    x, y, _ = held_out(load_iris)
    kind, target = (
        (catboost.CatBoostClassifier, np.column_stack([y == 1, y == 2]).astype(int))
        if loss == "MultiLogloss"
        else (catboost.CatBoostRegressor, y)
    )

    with pytest.raises(UnsupportedModelError, match=f"the loss '{loss}'"):
        lower(kind(**FEW, loss_function=loss).fit(x, target), columns(4))


def test_a_threshold_of_probability_is_refused() -> None:
    x, y, _ = held_out(load_breast_cancer)
    model = catboost.CatBoostClassifier(**FEW).fit(x, y)
    model.set_probability_threshold(0.3)

    with pytest.raises(UnsupportedModelError, match="threshold"):
        lower(model, columns(30))
