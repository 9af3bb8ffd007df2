"""Encoders beside scikit-learn's own: categories that are strings, numbers, booleans and missing values."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import pandas
import pytest
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelBinarizer, LabelEncoder, OneHotEncoder, OrdinalEncoder, TargetEncoder
from tests.fakes.lowered import beside
from tests.fakes.titanic import passengers
from tests.fakes.transformed import transformed

from emel.errors import UnsupportedModelError
from emel.lowering import Column, lower
from emel.lowering.builder import Program
from emel.lowering.registry import READERS
from emel_runtime.pure import Unanswerable, load

CITIES = ["Москва", "Тверь", "Omsk", "", "Ёлкино", "a b"]
INPUTS = [
    Column("sex", "string", categories=("female", "male")),
    Column("embarked", "string", missing=True, categories=("C", "Q", "S")),
    Column("pclass", "integer"),
    Column("age", "float", missing=True),
    Column("adult", "boolean"),
    Column("city", "string", categories=tuple(CITIES)),
]
GROUPED = [{}, {"min_frequency": 20}, {"max_categories": 3}]
UNKNOWN = [
    {},
    {"handle_unknown": "use_encoded_value", "unknown_value": -1},
    {"handle_unknown": "use_encoded_value", "unknown_value": nan, "encoded_missing_value": -2},
]

pytestmark = pytest.mark.filterwarnings("ignore:Found unknown categories:UserWarning")


def mixed() -> pandas.DataFrame:
    frame = passengers()[["sex", "embarked", "pclass", "age"]].iloc[::3].reset_index(drop=True)
    city = np.random.RandomState(0).choice(CITIES, len(frame), p=[0.4, 0.2, 0.2, 0.1, 0.05, 0.05])
    return frame.assign(
        pclass=frame.pclass.astype(int), age=frame.age // 10, adult=frame.age >= 18, city=city
    )


def rows_of(frame: pandas.DataFrame) -> list[list[Any]]:
    return [
        [
            (None if cell != cell else cell) if column.type == "string" else float(cell)
            for cell, column in zip(row, INPUTS, strict=True)
        ]
        for row in frame.itertuples(index=False)
    ]


TRAINING = mixed().iloc[::2]
ROWS = rows_of(mixed().iloc[1::2])


@pytest.mark.parametrize("grouped", GROUPED, ids=str)
@pytest.mark.parametrize("drop", [None, "first", "if_binary"])
@pytest.mark.parametrize("unknown", ["error", "ignore", "infrequent_if_exist", "warn"])
def test_one_hot_categories_agree(unknown: str, drop: str | None, grouped: dict[str, int]) -> None:
    model = OneHotEncoder(handle_unknown=unknown, drop=drop, **grouped).fit(TRAINING)

    both = transformed(model, ROWS[::3], INPUTS)

    assert both.difference == 0.0
    assert (both.refused > 0) == (unknown == "error")


@pytest.mark.parametrize("grouped", GROUPED, ids=str)
@pytest.mark.parametrize("unknown", UNKNOWN, ids=str)
def test_ordinal_categories_agree(unknown: dict[str, Any], grouped: dict[str, int]) -> None:
    both = transformed(OrdinalEncoder(**unknown, **grouped).fit(TRAINING), ROWS[::3], INPUTS)

    assert both.difference == 0.0
    assert (both.refused > 0) == (not unknown)


@pytest.mark.parametrize("target", ["binary", "multiclass", "continuous"])
def test_means_of_the_target_agree(target: str) -> None:
    y = {"binary": TRAINING.adult, "multiclass": TRAINING.pclass, "continuous": np.arange(len(TRAINING)) / 7}
    model = TargetEncoder(target_type=target, random_state=0).fit(TRAINING, y[target])

    assert transformed(model, ROWS, INPUTS).difference == 0.0


def test_many_categories_are_sparse_and_go_through_a_linear_model() -> None:
    names = [[name] for name in passengers().name]
    y = passengers().survived
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(
        names[:300], y[:300]
    )

    both = beside(model, names[250:400], [Column("name", "string")])

    assert both.labels_equal
    assert both.difference <= 1e-14


@pytest.mark.parametrize("name", ["city", "sex", "pclass"])
@pytest.mark.parametrize("model", [LabelEncoder(), LabelBinarizer(neg_label=-1, pos_label=2)], ids=str)
def test_labels_agree(model: Any, name: str) -> None:
    place = [column.name for column in INPUTS].index(name)
    model.fit(TRAINING[name])

    both = transformed(model, [[row[place]] for row in ROWS], [INPUTS[place]], ask=model.transform)

    assert both.difference == 0.0


@pytest.mark.parametrize(
    "model", [DictVectorizer(), DictVectorizer(separator="::", sort=False, sparse=False)], ids=["=", "::"]
)
def test_objects_with_features_agree(model: Any) -> None:
    known = [
        {name: cell for name, cell in row.items() if cell == cell}
        for row in TRAINING.drop(columns="adult").to_dict("records")
    ]

    both = transformed(model.fit(known), ROWS, INPUTS)

    assert both.difference == 0.0


def test_a_classifier_of_objects_is_asked_by_name() -> None:
    records = TRAINING[["sex", "pclass"]].to_dict("records")
    model = make_pipeline(DictVectorizer(), LogisticRegression()).fit(records, TRAINING.adult)

    both = beside(model, [[row[2], row[0]] for row in ROWS], [INPUTS[2], INPUTS[0]])

    assert both.labels_equal
    assert both.difference <= 1e-14


def test_a_category_that_nobody_knows_refuses_the_row_with_its_name() -> None:
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit([["a"], ["b"]], [0, 1])
    lowered = load(lower(model, [Column("letter", "string", missing=True)]).data)

    with pytest.raises(Unanswerable, match="'ж' is no category that the model knows"):
        lowered.answer([["a"], ["ж"]])
    with pytest.raises(Unanswerable, match="a value is missing"):
        lowered.answer([[None]])


def test_integers_that_a_float_cannot_keep_apart_are_refused() -> None:
    model = OneHotEncoder().fit([[2**60], [2**60 + 1]])
    program = Program([Column("id", "integer")], READERS)

    with pytest.raises(UnsupportedModelError, match="the integer 1152921504606846976 is larger"):
        program.read_transformer(model, program.row)
