"""Any model file in any folder becomes a function: no repository, no emel.toml."""

from __future__ import annotations

import json
import pickle
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import lightgbm
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from tests.fakes.command import Emel

FRAME = load_iris(as_frame=True).frame
X, Y = FRAME.drop(columns="target"), FRAME["target"]


@pytest.fixture
def emel(tmp_path: Path) -> Emel:
    """The command in a folder with a sample and nothing else."""
    folder = tmp_path / "anywhere"
    folder.mkdir()
    FRAME.iloc[::5].to_csv(folder / "rows.csv", index=False)
    return Emel(folder, tmp_path / "home")


def dump(model: Any, path: Path) -> None:
    path.write_bytes(pickle.dumps(model))


@pytest.mark.slow
def test_a_pickle_becomes_a_function_and_tells_its_numbers(emel: Emel) -> None:
    dump(LogisticRegression(max_iter=500).fit(X, Y), emel.folder / "Iris Model.pkl")

    done = emel("package", "Iris Model.pkl", "--sample", "rows.csv", "--target", "target", "--json")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["name"], told["version"], told["commit"], told["tier"]) == (
        "iris-model",
        "0.0.0",
        None,
        "pure",
    )
    assert told["path"] == str(emel.folder / "iris-model-0.0.0.zip")
    assert told["parity"]["ok"] and told["parity"]["labels_equal"]
    assert (told["parity"]["rows"], told["parity"]["boundary_rows"] > 0) == (30, True)
    assert told["zip_bytes"] == Path(told["path"]).stat().st_size
    cold = told["cold_start"]
    assert cold["bare_interpreter_seconds"] > 0 and cold["seconds"] > 0
    assert cold["without_bytecode_cpu_seconds"] > cold["cpu_seconds"]
    projected = told["projected_cold_start"]
    assert list(projected) == ["128", "256", "512", "1024", "2048"]
    assert projected["128"] == pytest.approx(16 * cold["cpu_seconds"])
    assert told["bytecode"]
    with zipfile.ZipFile(told["path"]) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["parity"]["labels_equal"]
    assert manifest["sample_digest"] == told["sample_digest"]


@pytest.mark.slow
def test_options_name_the_function_the_zip_and_the_tier(emel: Emel) -> None:
    dump(LogisticRegression(max_iter=500).fit(X, Y), emel.folder / "m.pkl")

    arguments = ["--sample", "rows.csv", "--target", "target", "--name", "flowers", "--tier", "pure"]
    done = emel("package", "m.pkl", *arguments, "--output", "out/f.zip", "--explain")

    assert done.returncode == 0, done.stderr
    assert "flowers 0.0.0" in done.stdout
    assert "in the cloud" in done.stdout and "at 2048 MB" in done.stdout
    assert "tiers tried" in done.stdout
    names = {path.name for path in (emel.folder / "out").iterdir()}
    assert names == {"f.zip", "f.json", "f.answers.json"}


@pytest.mark.slow
def test_a_model_of_lightgbms_own_needs_no_pickle(emel: Emel) -> None:
    names = [f"c{place}" for place in range(4)]
    data = lightgbm.Dataset(X.to_numpy(), Y, feature_name=names)
    lightgbm.train({"verbose": -1}, data, 3).save_model(emel.folder / "m.txt")
    X.iloc[::5].set_axis(names, axis=1).to_json(emel.folder / "rows.json", orient="records")

    done = emel("package", "m.txt", "--sample", "rows.json", "--no-pickle", "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["parity"]["ok"]


class Marks:
    """Writes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_no_pickle_is_loaded_where_none_is_allowed(emel: Emel) -> None:
    mark = emel.folder / "the pickle ran"
    dump(Marks(mark), emel.folder / "m.pkl")
    dump(Marks(mark), emel.folder / "rows.pkl")
    (emel.folder / "m.txt").write_text("tree\nversion=v4\n")

    model = emel("package", "m.pkl", "--sample", "rows.csv", "--no-pickle")
    sample = emel("package", "m.txt", "--sample", "rows.pkl", "--no-pickle")

    assert (model.returncode, sample.returncode) == (8, 9)
    assert "hint: save the model in a format that holds no code: skops, LightGBM" in model.stderr
    assert "hint: save the sample as CSV, JSON or Parquet" in sample.stderr
    assert not mark.exists()


def test_a_bundle_does_not_take_the_place_of_its_model(emel: Emel) -> None:
    (emel.folder / "m.json").write_text('{"learner":{}}')

    done = emel("package", "m.json", "--sample", "rows.csv", "--output", "m.zip")

    assert (done.returncode, "take the place" in done.stderr) == (11, True)
    assert (emel.folder / "m.json").read_text() == '{"learner":{}}'


def test_a_missing_sample_is_asked_for(emel: Emel) -> None:
    done = emel("package", "m.pkl")

    assert (done.returncode, "hint: name it by --sample" in done.stderr) == (3, True)


@pytest.mark.slow
def test_a_class_from_beside_the_model_is_found(emel: Emel) -> None:
    module = ModuleType("own_scaler")
    source = "from sklearn.preprocessing import StandardScaler\nclass Own(StandardScaler): pass\n"
    exec(source, module.__dict__)
    sys.modules["own_scaler"] = module
    try:
        model = make_pipeline(module.Own(), LogisticRegression()).fit(X, Y)
        dump(model, emel.folder / "m.pkl")
    finally:
        del sys.modules["own_scaler"]
    (emel.folder / "own_scaler.py").write_text(source)

    done = emel("package", "m.pkl", "--sample", "rows.csv", "--target", "target")

    assert done.returncode == 0, done.stderr
    assert "Pipeline(Own, LogisticRegression)" in done.stdout
