"""Imputers and indicators beside scikit-learn's own, on passengers with gaps."""

from __future__ import annotations

from math import nan
from typing import Any

import pytest
from sklearn.impute import MissingIndicator, SimpleImputer
from tests.fakes.titanic import passengers
from tests.fakes.transformed import transformed

from emel.lowering import Column

NUMBERS = ["age", "sibsp", "fare"]
INPUTS = [Column("age", missing=True), Column("sibsp", "integer"), Column("fare", missing=True)]
TEXTS = ["sex", "cabin"]
TEXT_INPUTS = [Column("sex", "string"), Column("cabin", "string", missing=True)]
FRAME = passengers().iloc[::4]


def rows_of(names: list[str]) -> list[list[Any]]:
    texts = names == TEXTS
    return [
        [None if texts and cell != cell else cell for cell in row]
        for row in passengers()[names].iloc[1::4].itertuples(index=False)
    ]


@pytest.mark.parametrize("indicator", [False, True])
@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent", "constant"])
def test_numbers_are_imputed_alike(strategy: str, indicator: bool) -> None:
    model = SimpleImputer(strategy=strategy, add_indicator=indicator).fit(FRAME[NUMBERS])

    both = transformed(model, [*rows_of(NUMBERS), [nan, 1.0, nan]], INPUTS)

    assert both.difference == 0.0
    assert both.refused == 0


@pytest.mark.parametrize("fill", [None, "нет"])
@pytest.mark.parametrize("strategy", ["most_frequent", "constant"])
def test_strings_are_imputed_alike(strategy: str, fill: str | None) -> None:
    model = SimpleImputer(strategy=strategy, fill_value=fill, add_indicator=True).fit(FRAME[TEXTS])

    both = transformed(model, rows_of(TEXTS), TEXT_INPUTS)

    assert any(row[1] is None for row in both.rows)
    assert both.difference == 0.0


@pytest.mark.filterwarnings("ignore:Skipping features without any observed values:UserWarning")
@pytest.mark.parametrize("keep", [False, True])
def test_columns_that_nobody_has_seen_are_left_out_or_kept(keep: bool) -> None:
    frame = FRAME[NUMBERS].assign(empty=nan)
    model = SimpleImputer(keep_empty_features=keep, add_indicator=True).fit(frame)

    both = transformed(
        model, [[*row, nan] for row in rows_of(NUMBERS)], [*INPUTS, Column("empty", missing=True)]
    )

    assert both.difference == 0.0


def test_another_marker_than_a_missing_value() -> None:
    numbers = SimpleImputer(missing_values=0, strategy="median", add_indicator=True).fit(FRAME[["sibsp"]])
    texts = SimpleImputer(missing_values="male", strategy="constant", fill_value="m").fit(FRAME[["sex"]])

    assert transformed(numbers, [[0.0], [1.0], [-0.0]], [INPUTS[1]]).difference == 0.0
    both = transformed(texts, [["male"], ["female"], [""], [None]], [TEXT_INPUTS[0]])
    assert both.difference == 0.0
    assert both.refused == 1


@pytest.mark.parametrize("features", ["missing-only", "all"])
def test_gaps_are_told(features: str) -> None:
    both = transformed(MissingIndicator(features=features).fit(FRAME[NUMBERS]), rows_of(NUMBERS), INPUTS)

    assert both.difference == 0.0


def test_gaps_where_there_were_none_are_refused() -> None:
    model = MissingIndicator().fit(FRAME[NUMBERS])
    inputs = [INPUTS[0], Column("sibsp", missing=True), INPUTS[2]]

    both = transformed(model, [[1.0, nan, 2.0], [nan, 1.0, 2.0]], inputs)

    assert both.refused > 0
    assert both.difference == 0.0
