"""What the worker does with a task, here in this process."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelPropagation

from emel.errors import ModelError, SampleError, UnsupportedModelError
from emel.models.worker import carry_out
from emel.models.worker import load as load_model
from emel_runtime.pure import load

X = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0]])
Y = np.array([0, 1, 0, 1])


def described_as(name: str, kind: str = "float", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "missing": False, "categories": None, **more}


def task(folder: Path, model: Any, names: str = "ab", **more: Any) -> dict[str, Any]:
    joblib.dump(model, folder / "m.joblib")
    described = [described_as(name) for name in names]
    about = {"model": str(folder / "m.joblib"), "kind": "pickle", "trusted": True, "tier": "pure"}
    return {**about, "columns": described, "rows": X.tolist(), **more}


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


def test_text_that_the_model_does_not_take_is_told_in_its_words(tmp_path: Path) -> None:
    columns = [described_as("a", "string"), described_as("b")]

    with pytest.raises(SampleError, match="could not convert string to float: 'x'"):
        result(tmp_path, LogisticRegression().fit(X, Y), columns=columns, rows=[["x", 1.0]])


def test_a_frame_of_mixed_columns_is_asked_as_in_training(tmp_path: Path) -> None:
    import pandas

    frame = pandas.DataFrame(
        {
            "city": ["Omsk", "Тверь", None, "Omsk"],
            "n": [1, 2, 3, 4],
            "ok": [True, False, True, True],
            "x": X[:, 0],
        }
    )
    numbers = ColumnTransformer([("scale", StandardScaler(), ["x", "n"]), ("keep", "passthrough", ["ok"])])
    model = make_pipeline(numbers, LinearRegression()).fit(frame, Y)
    columns = [
        described_as("x"),
        described_as("city", "string", missing=True, categories=("Omsk", "Тверь")),
        described_as("n", "integer"),
        described_as("ok", "boolean"),
    ]

    told = result(tmp_path, model, columns=columns, rows=[[0.5, "Omsk", 2, True], [1.5, None, 4, False]])

    assert told["form"] == "frame"
    assert told["columns"] == ["city", "n", "ok", "x"]
    assert told["rows"][:2] == [["Omsk", 2, True, 0.5], [None, 4, False, 1.5]]
    assert {"Omsk", "Тверь", "", None} < {row[0] for row in told["rows"][2:]}
    answers, _ = load((tmp_path / "m.emel").read_bytes()).answer(told["rows"])
    assert answers == pytest.approx(told["predictions"], rel=1e-12)


def test_a_table_of_numbers_and_strings_is_an_array_of_objects(tmp_path: Path) -> None:
    numbers = ColumnTransformer([("scale", StandardScaler(), [1])], remainder="drop")
    rows = [["Omsk", 1.0], ["Kazan", 3.0]]
    model = make_pipeline(numbers, LinearRegression()).fit(np.array(rows, dtype=object), [1.0, 2.0])
    columns = [described_as("city", "string"), described_as("x")]

    told = result(tmp_path, model, columns=columns, rows=rows)

    assert (told["form"], told["rows"][0]) == ("array", ["Omsk", 1.0])


def test_rows_that_the_original_refuses_are_told_in_its_words(tmp_path: Path) -> None:
    columns = [described_as(name, missing=True) for name in "ab"]

    with pytest.raises(SampleError, match="refuses the sample: Input X contains NaN"):
        result(tmp_path, LogisticRegression().fit(X, Y), columns=columns, rows=[[None, 1.0]])


def test_missing_values_go_through_a_model_that_takes_them(tmp_path: Path) -> None:
    columns = [described_as(name, missing=True) for name in "ab"]

    told = result(tmp_path, RandomForestRegressor(5).fit(X, Y), columns=columns, rows=[[None, 1.0]])

    assert told["rows"][0] == [None, 1.0]


def test_rows_are_typed_as_their_columns(tmp_path: Path) -> None:
    columns = [described_as("a", "integer"), described_as("b", "boolean")]

    told = result(tmp_path, LogisticRegression().fit(X, Y), columns=columns, rows=[[3, True]])

    assert {type(row[0]) for row in told["rows"]} == {int}
    assert {type(row[1]) for row in told["rows"]} == {bool}


def test_regression_has_no_labels_and_no_probabilities(tmp_path: Path) -> None:
    told = result(tmp_path, LinearRegression().fit(X, Y))

    assert (told["labels"], told["probabilities"]) == ((), None)


def test_a_class_without_a_reader_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError, match="LabelPropagation"):
        result(tmp_path, LabelPropagation().fit(X, Y))


@pytest.mark.parametrize(("suffix", "old", "new"), [
    ("json", b'"version":[3,', b'"version":[2,'),
    ("ubj", b"version[#L\0\0\0\0\0\0\0\x03i\x03", b"version[#L\0\0\0\0\0\0\0\x03i\x02"),
    ("pkl", b"version[#L\0\0\0\0\0\0\0\x03i\x03", b"version[#L\0\0\0\0\0\0\0\x03i\x02"),
])  # fmt: skip
def test_xgboost_tells_the_version_that_wrote_a_model(
    tmp_path: Path, suffix: str, old: bytes, new: bytes
) -> None:
    import xgboost

    file, model = tmp_path / f"m.{suffix}", xgboost.XGBRegressor(n_estimators=1).fit(X, Y)
    if suffix == "pkl":
        file.write_bytes(pickle.dumps(model))
    else:
        model.save_model(file)
    kind = "pickle" if suffix == "pkl" else "xgboost"
    own = load_model(file, kind, trusted=True)[1]
    assert old in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(old, new))

    assert own == {"xgboost": xgboost.__version__}
    assert load_model(file, kind, trusted=True)[1]["xgboost"] == "2" + xgboost.__version__[1:]


def test_catboost_tells_the_version_that_wrote_a_model(tmp_path: Path) -> None:
    import catboost

    model = catboost.CatBoostRegressor(iterations=1, verbose=0, allow_writing_files=False).fit(X, Y)
    model.save_model(str(tmp_path / "m.cbm"))

    assert load_model(tmp_path / "m.cbm", "catboost", trusted=True)[1] == {"catboost": catboost.__version__}


def test_a_damaged_pickle_is_told(tmp_path: Path) -> None:
    given = task(tmp_path, LogisticRegression().fit(X, Y))
    file = tmp_path / "m.joblib"
    file.write_bytes(file.read_bytes()[:200])

    with pytest.raises(ModelError, match="cannot be loaded"):
        carry_out(given, tmp_path / "m.emel")
