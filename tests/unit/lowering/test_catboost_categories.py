"""CatBoost's categorical features beside their originals."""

from __future__ import annotations

from typing import Any

import catboost
import numpy as np
import pandas
import pytest
from tests.fakes.lowered import beside
from tests.fakes.titanic import passengers

from emel.errors import UnsupportedModelError
from emel.lowering import Column, lower
from emel.lowering.original import Original
from emel_runtime.pure import Unanswerable, load

LAST_BITS = 1e-15
NAMES = ["sex", "embarked", "pclass", "cabin"]
FEW: dict[str, Any] = {"iterations": 25, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
KINDS: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "one-hot": {"one_hot_max_size": 255},
    "one feature each": {"max_ctr_complexity": 1},
    "deep": {"depth": 9, "max_ctr_complexity": 5},
    "missing above": {"nan_mode": "Max", "max_ctr_complexity": 1},
    "buckets": {"simple_ctr": ["Buckets", "Counter:Prior=0.5"]},
    "means": {
        "simple_ctr": ["BinarizedTargetMeanValue"],
        "combinations_ctr": ["Borders:TargetBorderCount=1"],
    },
    "leaf by leaf": {"grow_policy": "Lossguide"},
    "level by level": {"grow_policy": "Depthwise", "one_hot_max_size": 3},
}


def table() -> pandas.DataFrame:
    frame = passengers()[[*NAMES, "age", "fare"]]
    texts = {
        name: frame[name].astype(object).where(frame[name].notna(), "нет")
        for name in NAMES
        if name != "pclass"
    }
    return frame.assign(**texts, pclass=frame.pclass.astype(int)).assign(
        cabin=lambda made: made.cabin.str[:2]
    )


INPUTS = [
    Column("sex", "string", categories=("female", "male")),
    Column("embarked", "string", categories=("C", "Q", "S", "нет")),
    Column("pclass", "integer"),
    Column("cabin", "string", categories=tuple(sorted(set(table().cabin)))[::4]),
    Column("age", missing=True),
    Column("fare", missing=True),
]
TRAINING, SURVIVED = table()[::2], passengers().survived.astype(int)[::2]
ROWS = [
    [cell if column.type == "string" else float(cell) for cell, column in zip(row, INPUTS, strict=True)]
    for row in table()[1::6].itertuples(index=False)
]


@pytest.mark.parametrize("kind", KINDS)
def test_categories_are_met(kind: str) -> None:
    model = catboost.CatBoostClassifier(**FEW, **KINDS[kind], cat_features=NAMES).fit(TRAINING, SURVIVED)

    both = beside(model, ROWS, INPUTS, limit=300)

    assert both.boundary > 50
    assert both.labels_equal
    assert both.difference <= LAST_BITS


def test_several_classes_and_numbers_are_met() -> None:
    classes = catboost.CatBoostClassifier(**FEW, cat_features=["sex", "embarked", "cabin"])
    numbers = catboost.CatBoostRegressor(**FEW, cat_features=[0, 1, 2, 3])

    both = beside(classes.fit(TRAINING, TRAINING.pclass * 10), ROWS, INPUTS, limit=200)
    assert both.labels_equal
    assert both.difference <= LAST_BITS
    numbers.fit(TRAINING.to_numpy(), TRAINING.fare.fillna(0.0))
    assert beside(numbers, ROWS, INPUTS, limit=200).difference <= LAST_BITS


def test_categories_alone_are_enough() -> None:
    model = catboost.CatBoostClassifier(**FEW, cat_features=NAMES).fit(TRAINING[NAMES], SURVIVED)

    assert beside(model, [row[:4] for row in ROWS], INPUTS[:4], limit=200).labels_equal


def test_a_missing_category_is_refused_by_both() -> None:
    model = catboost.CatBoostClassifier(**FEW, cat_features=NAMES).fit(TRAINING, SURVIVED)
    gap = [["male", None, 3.0, "C12", 30.0, 8.0]]

    assert Original(model, INPUTS, probabilities=True).accepted(gap) == []
    with pytest.raises(Unanswerable, match="a category is missing"):
        load(lower(model, INPUTS).data).answer(gap)


def test_texts_are_refused() -> None:
    frame = pandas.DataFrame({"words": ["мир труд", "май мир", "труд май", "май"] * 10})
    model = catboost.CatBoostClassifier(**FEW, text_features=["words"]).fit(frame, [0, 1, 0, 1] * 10)

    with pytest.raises(UnsupportedModelError, match="text features"):
        lower(model, [Column("words", "string")])


@pytest.mark.parametrize("longest", [3, 8, 16, 32, 64, 128, 400])
def test_hashes_are_those_of_catboost(longest: int) -> None:
    text = "Ёлка ☃ abc " * 60
    words = [text[start : start + longest - start % 3] for start in range(9)]
    words = [word.encode()[:longest].decode(errors="ignore") for word in words]
    model = catboost.CatBoostRegressor(**FEW, one_hot_max_size=255, cat_features=[0])
    model.fit([[word] for word in words for _ in range(5)], np.arange(45))

    assert beside(model, [[word] for word in words], [Column("word", "string")]).difference == 0.0
