from __future__ import annotations

import pytest

from emel.compare.directions import direction_of


@pytest.mark.parametrize(
    "name",
    [
        "accuracy",
        "test.accuracy",
        "eval.json:test.roc_auc",
        "valAccuracy",
        "balanced-accuracy",
        "F1",
        "f1_macro",
        "r2",
        "neg_log_loss",
        "neg_mean_squared_error",
        "explained_variance",
        "precision@5",
    ],
)
def test_names_that_say_higher_is_better(name: str) -> None:
    assert direction_of(name, {}) == "higher"


@pytest.mark.parametrize(
    "name",
    [
        "loss",
        "val_loss",
        "log_loss",
        "train.RMSE",
        "mean_squared_error",
        "latency_ms",
        "brier_score",
        "false_positives",
        "metrics/loss",
        "neg_accuracy",
    ],
)
def test_names_that_say_lower_is_better(name: str) -> None:
    assert direction_of(name, {}) == "lower"


@pytest.mark.parametrize(
    "name", ["rows", "lossless", "floss", "recall_loss", "accuracy.rows", "", "score", "42"]
)
def test_names_that_say_nothing(name: str) -> None:
    assert direction_of(name, {}) is None


def test_the_user_has_the_last_word() -> None:
    assert direction_of("accuracy", {"accuracy": "lower"}) == "lower"


def test_the_user_may_name_all_of_it_or_the_last_part() -> None:
    assert direction_of("test.rows", {"rows": "higher"}) == "higher"
    assert direction_of("test.rows", {"test.rows": "lower", "rows": "higher"}) == "lower"
    assert direction_of("a.json:test.rows", {"test.rows": "lower"}) == "lower"
