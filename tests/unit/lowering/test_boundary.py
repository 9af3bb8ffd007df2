"""Boundary rows lie where a lowered model would err first."""

from __future__ import annotations

from math import inf, isnan, nextafter
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from tests.fakes.lowered import columns

from emel.lowering import Column, lower
from emel.lowering.boundary import UNSEEN, boundary_rows
from emel.lowering.builder import Program
from emel_runtime.pure import load

X = np.array([[0.1, 5.0], [0.2, 5.0], [0.3, 6.0], [0.7, 6.0]])
Y = np.array([0, 0, 1, 1])
ROWS = X.tolist()


def rows_of(model: Any, inputs: list[Column], sample: list[list[Any]], **limits: int) -> list[list[Any]]:
    return boundary_rows(lower(model, inputs).notes, inputs, sample, **limits)


def test_a_threshold_is_tried_with_one_ulp_to_either_side() -> None:
    tree = DecisionTreeClassifier(random_state=1, max_features=1).fit(X[:, :1], Y)
    threshold = float(tree.tree_.threshold[0])

    values = {row[0] for row in rows_of(tree, columns("a"), X[:, :1].tolist())}

    single = float(np.float32(threshold))
    up, down = (float(np.nextafter(np.float32(threshold), np.float32(way))) for way in (inf, -inf))
    assert {threshold, nextafter(threshold, inf), nextafter(threshold, -inf), single, up, down} <= values


def test_thresholds_behind_a_scaler_are_met_on_both_sides() -> None:
    model = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)).fit(X[:, :1], Y)
    rows = [row for row in rows_of(model, columns("a"), X[:, :1].tolist()) if 0.2 < row[0] < 0.3]

    assert set(load(lower(model, columns("a")).data).answer(rows)[0]) == {0, 1}


def test_columns_get_values_of_their_own_type() -> None:
    tree = DecisionTreeClassifier(random_state=0).fit([[0, 0], [0, 3], [1, 8], [1, 9]], [0, 1, 0, 1])
    inputs = [Column("flag", "boolean"), Column("count", "integer")]

    rows = rows_of(tree, inputs, [[0.0, 3.0], [1.0, 8.0]])

    assert {row[0] for row in rows} == {0.0, 1.0}
    assert all(row[1].is_integer() for row in rows)
    assert {1.0, 2.0} <= {row[1] for row in rows}


def test_a_column_that_may_lack_values_lacks_one_here() -> None:
    inputs = [Column("a", missing=True), Column("b")]

    rows = rows_of(DecisionTreeClassifier().fit(X, Y), inputs, ROWS)

    assert any(isnan(row[0]) for row in rows)
    assert not any(isnan(row[1]) for row in rows)


def test_a_column_of_strings_gets_each_category_one_unseen_none_and_the_empty_one() -> None:
    inputs = [Column("city", "string", missing=True, categories=("Kazan", "Omsk"))]
    program = Program(inputs)
    program.note_categories(program.row, 0, ["Тверь", 7.0])

    rows = boundary_rows(program.notes, inputs, [["Omsk"]])

    assert [row[0] for row in rows] == ["Kazan", "Omsk", "", UNSEEN, None, "Тверь"]


def test_they_are_bounded_and_the_same_each_time() -> None:
    forest = RandomForestClassifier(50, random_state=0).fit(X, Y)

    rows = rows_of(forest, columns("ab"), ROWS, limit=20)

    assert len(rows) == 20
    assert rows == rows_of(forest, columns("ab"), ROWS, limit=20)
