"""Models trained on columns of pandas' categories, and on columns in which None is what is missing."""

from __future__ import annotations

from math import nan
from typing import Any

import lightgbm
import pandas
import pytest
import xgboost
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder
from tests.fakes.lowered import beside
from tests.fakes.titanic import passengers

from emel.errors import UnsupportedModelError
from emel.lowering import Column, lower
from emel.lowering.original import Original
from emel_runtime.pure import Unanswerable, load

TRAIN, ASK = slice(0, None, 2), slice(1, None, 3)
FEW: dict[str, Any] = {"n_estimators": 15, "n_jobs": 1}
TEXTS = ["embarked", "cabin"]
NUMBERS = ["pclass", "age"]
SURVIVED = passengers().survived.astype(int)[TRAIN]


def deck(letters: str = "АБВГДЕЖЯ") -> pandas.DataFrame:
    """Where passengers embarked, and the letter of their deck, both with gaps that are NaN."""
    frame = passengers()[["embarked", "cabin", "pclass", "age"]]
    named = frame.cabin.str[0].map(dict(zip("ABCDEFGT", letters, strict=True)))
    return frame.assign(cabin=named, pclass=frame.pclass.astype(int))


def categorical(letters: str) -> pandas.DataFrame:
    kinds = dict.fromkeys(["embarked", "cabin", "pclass"], "category")
    return deck(letters).astype({"embarked": object, "cabin": object}).astype(kinds)


def inputs(letters: str) -> list[Column]:
    known = {"embarked": ("C", "Q", "S"), "cabin": tuple(letters)}
    texts = [Column(name, "string", missing=True, categories=known[name]) for name in TEXTS]
    return [*texts, Column("pclass", "integer"), Column("age", missing=True)]


def rows(letters: str) -> list[list[Any]]:
    return [
        [None if cell != cell else cell for cell in row[:2]] + [float(cell) for cell in row[2:]]
        for row in deck(letters)[ASK].itertuples(index=False)
    ]


LATIN, CYRILLIC = "ABCDEFGT", "АБВГДЕЖЯ"
INPUTS, ROWS = inputs(CYRILLIC), rows(CYRILLIC)


@pytest.mark.parametrize(
    "model",
    [
        lightgbm.LGBMClassifier(**FEW, verbose=-1, min_child_samples=5),
        lightgbm.LGBMClassifier(**FEW, verbose=-1, min_data_per_group=2, cat_smooth=1, cat_l2=1),
        xgboost.XGBClassifier(**FEW, enable_categorical=True),
        xgboost.XGBClassifier(**FEW, enable_categorical=True, max_cat_to_onehot=1),
    ],
    ids=["lightgbm", "lightgbm, sets", "xgboost", "xgboost, sets"],
)
def test_categories_of_pandas_are_met(model: Any) -> None:
    # XGBoost keeps no others whole.
    letters = LATIN if isinstance(model, xgboost.XGBClassifier) else CYRILLIC
    model.fit(categorical(letters)[TRAIN], SURVIVED)

    both = beside(model, rows(letters), inputs(letters), limit=600)

    assert both.boundary > 100
    assert both.labels_equal
    assert both.difference == 0.0


def test_native_boosters_of_categories_are_met() -> None:
    frame = categorical(LATIN)[TRAIN]
    light = lightgbm.train({"verbose": -1, "num_threads": 1}, lightgbm.Dataset(frame, SURVIVED), 10)
    extreme = xgboost.train({"nthread": 1}, xgboost.DMatrix(frame, SURVIVED, enable_categorical=True), 10)

    assert beside(light, rows(LATIN), inputs(LATIN), limit=300).difference == 0.0
    assert beside(extreme, rows(LATIN), inputs(LATIN), limit=300).difference == 0.0


def test_a_category_that_xgboost_would_take_for_another_refuses_the_row() -> None:
    model = xgboost.XGBClassifier(**FEW, enable_categorical=True).fit(categorical(LATIN)[TRAIN], SURVIVED)
    unseen = [["Q", "Ю", 1.0, nan]]

    assert Original(model, INPUTS, probabilities=True).accepted(unseen) == []
    with pytest.raises(Unanswerable, match="'Ю' is no category that the model knows"):
        load(lower(model, INPUTS).data).answer(unseen)


def test_letters_that_xgboost_does_not_keep_are_refused() -> None:
    model = xgboost.XGBClassifier(**FEW, enable_categorical=True).fit(categorical(CYRILLIC)[TRAIN], SURVIVED)

    with pytest.raises(UnsupportedModelError, match="letters beyond ASCII"):
        lower(model, INPUTS)


def test_ordered_categories_of_lightgbm_are_refused() -> None:
    ordered = categorical(LATIN).assign(embarked=lambda frame: frame.embarked.cat.as_ordered())
    model = lightgbm.LGBMClassifier(**FEW, verbose=-1).fit(ordered[TRAIN], SURVIVED)

    with pytest.raises(UnsupportedModelError, match="ordered categories"):
        lower(model, INPUTS)


def gaps(kind: str) -> pandas.DataFrame:
    """The table with its gaps in strings as NaN, as None, or as one of them in each of the two columns."""
    frame = deck().astype({"embarked": object, "cabin": object})
    for name in {"NaN": [], "None": TEXTS, "one of each": ["cabin"]}[kind]:
        frame[name] = frame[name].where(frame[name].notna(), None)
    return frame


@pytest.mark.parametrize("kind", ["NaN", "None", "one of each"])
@pytest.mark.parametrize(
    "encoder",
    [
        OneHotEncoder(handle_unknown="ignore"),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2),
        TargetEncoder(),
        make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")),
    ],
    ids=["one-hot", "ordinal", "target", "imputed for NaN alone"],
)
@pytest.mark.parametrize("named", [True, False], ids=["frame", "array"])
def test_a_missing_string_is_what_it_was_in_training(named: bool, encoder: Any, kind: str) -> None:
    frame = gaps(kind)
    x = frame if named else frame.to_numpy()
    columns = make_column_transformer(
        (encoder, TEXTS if named else [0, 1]), (SimpleImputer(), NUMBERS if named else [2, 3])
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=2000)).fit(x[TRAIN], SURVIVED)

    both = beside(model, ROWS, INPUTS)

    assert any(row[1] is None for row in both.rows)
    assert both.labels_equal
    assert both.difference <= 1e-14


def test_none_and_pandas_own_mark_are_imputed() -> None:
    for frame, mark in ((gaps("None"), None), (deck().astype(dict.fromkeys(TEXTS, "string")), pandas.NA)):
        imputer = SimpleImputer(strategy="most_frequent", missing_values=mark)
        columns = make_column_transformer((make_pipeline(imputer, OneHotEncoder()), TEXTS))
        model = make_pipeline(columns, LogisticRegression()).fit(frame[TRAIN], SURVIVED)

        assert beside(model, ROWS, INPUTS).difference <= 1e-14


def test_where_none_and_nan_are_categories_a_missing_value_is_nan() -> None:
    frame = gaps("None")
    frame.loc[::2, "cabin"] = frame.loc[::2, "cabin"].where(frame.loc[::2, "cabin"].notna(), nan)
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), TEXTS))
    model = make_pipeline(columns, LogisticRegression()).fit(frame[::3], passengers().survived[::3])

    assert beside(model, ROWS, INPUTS).difference <= 1e-14
