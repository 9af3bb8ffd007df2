"""What the worker does with a task, here in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression

from emel.errors import ModelError, SampleError, UnsupportedModelError
from emel.models.worker import carry_out

X = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0]])
Y = np.array([0, 1, 0, 1])


def task(folder: Path, model: Any, names: str = "ab", **more: Any) -> dict[str, Any]:
    joblib.dump(model, folder / "m.joblib")
    described = [{"name": name, "type": "float", "missing": False} for name in names]
    return {"model": str(folder / "m.joblib"), "columns": described, "rows": X.tolist(), **more}


def result(folder: Path, model: Any, names: str = "ab", **more: Any) -> dict[str, Any]:
    return carry_out(task(folder, model, names, **more), folder / "m.emel")


def named(model: Any) -> Any:
    """The model, fitted on a data frame with the columns b and a."""
    import pandas

    return model.fit(pandas.DataFrame(X, columns=["b", "a"]), Y)


def test_columns_come_in_the_order_of_the_model(tmp_path: Path) -> None:
    told = result(tmp_path, named(LogisticRegression()))

    assert told["columns"] == ["b", "a"]
    assert told["rows"][:4] == X[:, ::-1].tolist()


def test_columns_that_the_model_does_not_take_are_left_out(tmp_path: Path) -> None:
    rows = [[*row, 7.0] for row in X.tolist()]

    assert result(tmp_path, named(LogisticRegression()), "abc", rows=rows)["columns"] == ["b", "a"]


def test_missing_and_extra_columns_are_listed(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="lacks columns of the model: b; it has others: c"):
        result(tmp_path, named(LogisticRegression()), "ac")


def test_a_model_without_names_takes_the_order_of_the_sample(tmp_path: Path) -> None:
    assert result(tmp_path, LogisticRegression().fit(X, Y), "ba")["columns"] == ["b", "a"]


def test_a_model_without_names_counts_its_columns(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="takes 2 columns, the sample has 3"):
        result(tmp_path, LogisticRegression().fit(X, Y), "abc", rows=[[1, 2, 3]])


def test_a_column_with_text_is_refused(tmp_path: Path) -> None:
    columns = [
        {"name": name, "type": kind, "missing": False} for name, kind in (("a", "string"), ("b", "float"))
    ]

    with pytest.raises(UnsupportedModelError, match="column 'a' holds text"):
        result(tmp_path, LogisticRegression().fit(X, Y), columns=columns)


def test_rows_that_the_original_refuses_are_told_in_its_words(tmp_path: Path) -> None:
    columns = [{"name": name, "type": "float", "missing": True} for name in "ab"]

    with pytest.raises(SampleError, match="refuses the sample: Input X contains NaN"):
        result(tmp_path, LogisticRegression().fit(X, Y), columns=columns, rows=[[None, 1.0]])


def test_missing_values_go_through_a_model_that_takes_them(tmp_path: Path) -> None:
    columns = [{"name": name, "type": "float", "missing": True} for name in "ab"]

    told = result(tmp_path, RandomForestRegressor(5).fit(X, Y), columns=columns, rows=[[None, 1.0]])

    assert told["rows"][0] == [None, 1.0]


def test_rows_are_typed_as_their_columns(tmp_path: Path) -> None:
    columns = [
        {"name": "a", "type": "integer", "missing": False},
        {"name": "b", "type": "boolean", "missing": False},
    ]

    told = result(tmp_path, LogisticRegression().fit(X, Y), columns=columns, rows=[[3, True]])

    assert {type(row[0]) for row in told["rows"]} == {int}
    assert {type(row[1]) for row in told["rows"]} == {bool}


def test_regression_has_no_labels_and_no_probabilities(tmp_path: Path) -> None:
    told = result(tmp_path, LinearRegression().fit(X, Y))

    assert (told["labels"], told["probabilities"]) == ((), None)


def test_a_class_without_a_reader_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError, match="DummyClassifier"):
        result(tmp_path, DummyClassifier().fit(X, Y))


def test_a_damaged_pickle_is_told(tmp_path: Path) -> None:
    given = task(tmp_path, LogisticRegression().fit(X, Y))
    file = tmp_path / "m.joblib"
    file.write_bytes(file.read_bytes()[:200])

    with pytest.raises(ModelError, match="cannot be loaded"):
        carry_out(given, tmp_path / "m.emel")
