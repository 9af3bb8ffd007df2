"""Files as the libraries write them, read back by the worker."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import catboost
import joblib
import lightgbm
import pandas
import pytest
import xgboost
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from skops import io

from emel.errors import MissingExtraError, ModelError, SampleError
from emel.models.looks import look
from emel.models.worker import load, table

FRAME = load_iris(as_frame=True).frame
X, Y = FRAME.drop(columns="target"), FRAME["target"]


def save_lightgbm(path: Path) -> None:
    # LightGBM warns of spaces in the names of columns.
    with warnings.catch_warnings(action="ignore"):
        lightgbm.train({"verbose": -1}, lightgbm.Dataset(X, Y), 3).save_model(path)


def save_xgboost(path: Path) -> None:
    xgboost.XGBClassifier(n_estimators=3).fit(X, Y).save_model(path)


def save_booster(path: Path) -> None:
    xgboost.train({}, xgboost.DMatrix(X, Y), 3).save_model(path)


def save_catboost(path: Path) -> None:
    model = catboost.CatBoostClassifier(iterations=3, verbose=0, allow_writing_files=False).fit(X, Y)
    model.save_model(str(path), format="json" if path.suffix == ".json" else "cbm")


def save_catboost_regressor(path: Path) -> None:
    model = catboost.CatBoostRegressor(iterations=3, verbose=0, allow_writing_files=False)
    model.fit(X, Y).save_model(str(path))


@pytest.mark.parametrize(
    ("name", "save", "kind"),
    [
        (
            "m.skops",
            lambda path: io.dump(LogisticRegression(max_iter=500).fit(X, Y), path),
            LogisticRegression,
        ),
        ("m.txt", save_lightgbm, lightgbm.Booster),
        ("m.json", save_xgboost, xgboost.XGBClassifier),
        ("m.ubj", save_xgboost, xgboost.XGBClassifier),
        ("m.ubj", save_booster, xgboost.Booster),
        ("m.cbm", save_catboost, catboost.CatBoostClassifier),
        ("m.json", save_catboost, catboost.CatBoostClassifier),
        ("m.cbm", save_catboost_regressor, catboost.CatBoostRegressor),
    ],
)
def test_what_a_library_saved_is_loaded_without_trust(
    tmp_path: Path, name: str, save: Callable[[Path], None], kind: type
) -> None:
    save(tmp_path / name)

    model, _ = load(tmp_path / name, look(tmp_path / name).kind, trusted=False)

    assert type(model) is kind


@pytest.mark.parametrize(
    ("name", "save"), [("m.txt", save_lightgbm), ("m.ubj", save_xgboost), ("m.cbm", save_catboost)]
)
def test_a_file_that_breaks_off_is_told(tmp_path: Path, name: str, save: Callable[[Path], None]) -> None:
    save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 5])

    with pytest.raises(ModelError, match=r"cannot be loaded|breaks off"):
        load(tmp_path / name, look(tmp_path / name).kind, trusted=True)


class Own:
    """A class that skops does not know."""


def test_a_class_that_could_run_code_is_named_where_there_is_no_trust(tmp_path: Path) -> None:
    io.dump(Own(), tmp_path / "m.skops")

    with pytest.raises(ModelError, match=r"could run code: .*Own"):
        load(tmp_path / "m.skops", "skops", trusted=False)


def test_a_pickle_is_not_loaded_without_trust(tmp_path: Path) -> None:
    joblib.dump(LogisticRegression(), tmp_path / "m.joblib")

    with pytest.raises(ModelError, match="pickles are not allowed"):
        load(tmp_path / "m.joblib", "pickle", trusted=False)


def test_a_model_of_pytorch_needs_pytorch(tmp_path: Path) -> None:
    # It is no part of emel, and not installed here.
    (tmp_path / "m.pt2").write_bytes(b"PK")

    with pytest.raises(MissingExtraError, match="PyTorch, which is not installed") as caught:
        load(tmp_path / "m.pt2", "torch", trusted=True)

    assert "torch, onnx, onnxscript" in str(caught.value.hint)


def read(path: Path, *, trusted: bool = False) -> Any:
    return table({"frame": str(path), "kind": "frame", "trusted": trusted})["columns"]


MIXED = pandas.DataFrame(
    {
        "n": pandas.array([1, None], dtype="Int64"),
        "x": [0.5, float("nan")],
        "city": pandas.Categorical(["Омск", None]),
        "code": ["01", "2"],
        "ok": [True, False],
        "day": pandas.to_datetime(["2026-01-02", None]),
    }
)
PLAIN = {
    "n": [1, None],
    "x": [0.5, None],
    "city": ["Омск", None],
    "code": ["01", "2"],
    "ok": [True, False],
    "day": ["2026-01-02 00:00:00", None],
}


def test_a_frame_becomes_columns_of_plain_values(tmp_path: Path) -> None:
    MIXED.to_parquet(tmp_path / "s.parquet")
    joblib.dump(MIXED, tmp_path / "s.joblib")
    MIXED.to_pickle(tmp_path / "s.pkl")

    expected = [{"name": name, "values": values} for name, values in PLAIN.items()]
    assert read(tmp_path / "s.parquet") == expected
    assert read(tmp_path / "s.joblib", trusted=True) == expected
    assert read(tmp_path / "s.pkl", trusted=True) == expected


def test_a_pickle_called_parquet_is_not_loaded_without_trust(tmp_path: Path) -> None:
    MIXED.to_pickle(tmp_path / "s.parquet")

    with pytest.raises(SampleError, match="pickles are not allowed"):
        read(tmp_path / "s.parquet")


@pytest.mark.parametrize(
    ("held", "words"), [([1, 2], "holds list"), (pandas.DataFrame({"a": [[1], [2]]}), "a cell holds list")]
)
def test_what_is_no_table_is_told(tmp_path: Path, held: Any, words: str) -> None:
    joblib.dump(held, tmp_path / "s.joblib")

    with pytest.raises(SampleError, match=words):
        read(tmp_path / "s.joblib", trusted=True)
