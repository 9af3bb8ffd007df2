"""Boundary rows lie where a lowered model would err first."""

from __future__ import annotations

from math import inf, isnan, nan, nextafter

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from emel.lowering import lower
from emel.lowering.boundary import boundary_rows
from emel_runtime.pure import load

X = np.array([[0.1, 5.0], [0.2, 5.0], [0.3, 6.0], [0.7, 6.0]])
Y = np.array([0, 0, 1, 1])
ROWS = X.tolist()


def test_a_threshold_is_tried_with_one_ulp_to_either_side() -> None:
    tree = DecisionTreeClassifier(random_state=1, max_features=1).fit(X[:, :1], Y)
    threshold = float(tree.tree_.threshold[0])

    values = {
        row[0] for row in boundary_rows(lower(tree, ["a"], missing=False).data, ["float"], X[:, :1].tolist())
    }

    single = float(np.float32(threshold))
    up, down = (float(np.nextafter(np.float32(threshold), np.float32(way))) for way in (inf, -inf))
    assert {threshold, nextafter(threshold, inf), nextafter(threshold, -inf), single, up, down} <= values


def test_thresholds_behind_a_scaler_are_met_on_both_sides() -> None:
    model = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)).fit(X[:, :1], Y)
    data = lower(model, ["a"], missing=False).data

    rows = [row for row in boundary_rows(data, ["float"], X[:, :1].tolist()) if 0.2 < row[0] < 0.3]

    assert set(load(data).answer(rows)[0]) == {0, 1}


def test_columns_get_values_of_their_own_type() -> None:
    tree = DecisionTreeClassifier(random_state=0).fit([[0, 0], [0, 3], [1, 8], [1, 9]], [0, 1, 0, 1])
    data = lower(tree, ["flag", "count"], missing=False).data

    rows = boundary_rows(data, ["boolean", "integer"], [[0.0, 3.0], [1.0, 8.0]])

    assert {row[0] for row in rows} == {0.0, 1.0}
    assert all(row[1].is_integer() for row in rows)
    assert {1.0, 2.0} <= {row[1] for row in rows}


def test_a_column_that_lacks_values_lacks_one_here_too() -> None:
    data = lower(DecisionTreeClassifier().fit(X, Y), ["a", "b"], missing=True).data

    rows = boundary_rows(data, ["float", "float"], [*ROWS, [nan, 5.0]])

    assert any(isnan(row[0]) for row in rows)


def test_they_are_bounded_and_the_same_each_time() -> None:
    data = lower(RandomForestClassifier(50, random_state=0).fit(X, Y), ["a", "b"], missing=False).data

    rows = boundary_rows(data, ["float", "float"], ROWS, limit=20)

    assert len(rows) == 20
    assert rows == boundary_rows(data, ["float", "float"], ROWS, limit=20)
