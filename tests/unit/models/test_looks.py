"""A model file is told by what it holds, and nothing that it holds is run for that."""

from __future__ import annotations

import io
import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from emel.errors import ModelError, UnsupportedModelError
from emel.models.looks import look, require_safe


@pytest.fixture(scope="module")
def model() -> Any:
    return LogisticRegression(max_iter=500).fit(*load_iris(return_X_y=True))


class Bomb:
    """Ends the process that loads it."""

    def __reduce__(self) -> Any:
        return (sys.exit, ("a pickle ran",))


def skops_like(name: str = "schema.json") -> bytes:
    # With ZipInfo's own date: the tests' names hold the bytes, and both workers have to find the same names.
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("1.npy"), b"")
        archive.writestr(zipfile.ZipInfo(name), "{}")
    return buffer.getvalue()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_of_all_protocols_are_known(tmp_path: Path, model: Any, protocol: int) -> None:
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(model, protocol))

    assert look(tmp_path / "m.pkl").kind == "pickle"


@pytest.mark.parametrize("compress", [0, "zlib", "gzip", "bz2", "xz", "lzma"])
def test_joblib_files_are_known_however_compressed(tmp_path: Path, model: Any, compress: Any) -> None:
    joblib.dump(model, tmp_path / "m.joblib", compress=(compress, 3) if compress else 0)

    assert look(tmp_path / "m.joblib").kind == "pickle"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("m.skops", skops_like(), "skops"),
        ("m.txt", b"tree\nversion=v4\n", "lightgbm"),
        ("m.json", b'{"learner":{"attributes":{}}}', "xgboost"),
        ("m.ubj", b"{L\0\0\0\0\0\0\0\x07learner{", "xgboost"),
        ("m.json", b'{\n  "features_info":\n', "catboost"),
        ("m.cbm", b"CBM1\x30\x33", "catboost"),
        ("m.onnx", b"\x08\x09\x12\x08skl2onnx", "onnx"),
        ("m.pt2", skops_like("m/archive_format"), "torch"),
        ("m.pth", skops_like("m/data.pkl"), "torch"),
        ("m.model", b"CBM1\x30\x33", "catboost"),
        ("m", b"tree\nversion=v4\n", "lightgbm"),
    ],
)
def test_files_of_other_libraries_are_known(tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(content)

    found = look(tmp_path / name)

    assert (found.kind, found.path, found.folders) == (kind, tmp_path / name, (tmp_path,))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("m.onnx", b"tree\nversion=v4\n", "should be an ONNX model, .* looks like a LightGBM model"),
        ("m.cbm", pickle.dumps(1), "should be a CatBoost model, .* looks like a pickle"),
        ("m.json", b'{"a": 1}', "an XGBoost model or a CatBoost model, .* no model of"),
        ("m.skops", skops_like("weights.h5"), "a skops file, .* a zip archive"),
        ("m.skops", skops_like("m/data.pkl"), "a skops file, .* a PyTorch model"),
        ("m.joblib", b"CBM1\x30\x33", "a pickle or joblib file, .* a CatBoost model"),
        ("m.bin", b"binf\0\0", "a known model, .* before version 3"),
        ("m.ubj", b"", "an empty file"),
        ("m.skops", skops_like()[:60], "a zip archive that is cut off"),
        ("m.json", b'{"name": "tree",\n', "a dump of LightGBM, .* call save_model"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_told(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ModelError, match=words):
        look(tmp_path / name)


def test_a_pickle_is_not_safe_whatever_its_name_and_is_not_run_to_see(tmp_path: Path) -> None:
    for name in ("m.pkl", "m.joblib", "m.model"):
        (tmp_path / name).write_bytes(pickle.dumps(Bomb()))

        with pytest.raises(ModelError, match="runs code") as caught:
            require_safe(look(tmp_path / name))

        assert "skops" in str(caught.value.hint)


def test_files_without_code_are_safe(tmp_path: Path) -> None:
    (tmp_path / "m.txt").write_bytes(b"tree\nversion=v4\n")

    found = look(tmp_path / "m.txt")

    require_safe(found)
    assert found.kind == "lightgbm"


MLMODEL = """\
flavors:
  python_function:
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: {loader}
    model_path: {file}
    python_version: 3.11.7
{own}mlflow_version: 3.17.2
signature:
  inputs: '[{{"type": "double", "name": "a"}}, {{"type":
    "double", "name": "flavors:"}}]'
"""


def mlflow_folder(
    folder: Path, *, own: str = "", loader: str = "mlflow.sklearn", file: str = "model.pkl"
) -> Path:
    folder.mkdir()
    (folder / "MLmodel").write_text(MLMODEL.format(own=own, loader=loader, file=file))
    (folder / "model.pkl").write_bytes(pickle.dumps(Bomb()))
    (folder / "model.lgb").write_bytes(b"tree\nversion=v4\n")
    return folder


def test_an_mlflow_model_is_the_file_inside(tmp_path: Path) -> None:
    own = "  lightgbm:\n    code: code\n    data: model.lgb\n    lgb_version: 4.1.0\n"
    folder = mlflow_folder(tmp_path / "m", own=own)

    for path in (folder, folder / "MLmodel"):
        found = look(path)

        assert (found.path, found.kind) == (folder / "model.lgb", "lightgbm")
        assert found.folders == (folder, folder / "code")
        assert found.trained_with == {"lightgbm": "4.1.0"}


def test_a_pyfunc_around_a_known_flavour_is_unwrapped(tmp_path: Path) -> None:
    found = look(mlflow_folder(tmp_path / "m"))

    assert (found.path.name, found.kind) == ("model.pkl", "pickle")


def test_a_pyfunc_with_code_of_the_users_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError, match=r"pyfunc of mlflow\.pyfunc\.model"):
        look(mlflow_folder(tmp_path / "m", loader="mlflow.pyfunc.model"))


def test_a_file_that_the_mlflow_model_names_and_lacks_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model file") as caught:
        look(mlflow_folder(tmp_path / "m", file="gone.pkl"))

    assert str(caught.value.where).endswith("gone.pkl")


def test_another_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no MLflow model"):
        look(tmp_path)
