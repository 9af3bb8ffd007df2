"""A model file and a sample become an artifact; each way in which they cannot is told apart."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import msgspec
import pytest
import sklearn

from emel.errors import EmelError, ModelError, SampleError
from emel.models import prepare
from emel.records import Answers, Artifact
from emel.system.files import sha256_of
from emel.system.process import Completed, SystemProcess
from emel_runtime.pure import load


class DeadProcess:
    """A process that ends before it has done anything."""

    def run(self, command: Any, **_: Any) -> Completed:
        return Completed(-9, "", "Fatal: out of memory\n")


def prepared(folder: Path, *, model: str = "model.joblib", **changes: Any) -> Artifact:
    arguments: dict[str, Any] = {
        "name": "iris",
        "model": folder / model,
        "sample": folder / "sample.csv",
        "target": "target",
        "tier": "pure",
        "workdir": folder / "work",
        "process": SystemProcess(),
    }
    return prepare(**{**arguments, **changes})


@pytest.mark.slow
def test_an_artifact_holds_the_lowered_model_and_what_proves_it(trained: Path) -> None:
    artifact = prepared(trained)

    answers = msgspec.json.decode(artifact.answers.read_bytes(), type=Answers)
    original = joblib.load(trained / "model.joblib")
    assert artifact.description == "Pipeline(StandardScaler, LogisticRegression)"
    assert (artifact.signature.task, artifact.signature.labels) == ("classification", (0, 1, 2))
    assert [column.name for column in artifact.signature.columns] == list(original.feature_names_in_)
    assert {column.type for column in artifact.signature.columns} == {"float"}
    assert artifact.libraries["scikit-learn"] == sklearn.__version__
    assert artifact.digest == sha256_of(artifact.file)
    assert answers.sample_rows == 30
    assert len(answers.rows) > 30
    predictions, _ = load(artifact.file.read_bytes()).answer(answers.rows)  # type: ignore[arg-type]
    assert predictions == list(answers.predictions)
    assert sorted(path.name for path in artifact.file.parent.iterdir()) == ["answers.json", "model.emel"]
    assert artifact.original is not None
    assert 0.1 < artifact.original.cpu_seconds < 60
    assert 5e7 < artifact.original.peak_rss_bytes < 1e9


@pytest.mark.slow
def test_a_model_of_another_scikit_learn_is_read_and_said_to_be_one(trained: Path) -> None:
    file = trained / "model.joblib"
    mine = sklearn.__version__.encode()
    file.write_bytes(file.read_bytes().replace(mine, b"9" * len(mine)))

    reason = prepared(trained).reason

    assert f"trained with scikit-learn {'9' * len(mine)}, read with {sklearn.__version__}" in reason


@pytest.mark.slow
def test_a_module_that_the_model_needs_is_named(trained: Path) -> None:
    module = ModuleType("my_features")
    module.Thing = type("Thing", (), {"__module__": "my_features"})  # type: ignore[attr-defined]
    sys.modules["my_features"] = module
    try:
        (trained / "model.pkl").write_bytes(pickle.dumps(module.Thing()))
    finally:
        del sys.modules["my_features"]

    with pytest.raises(ModelError) as caught:
        prepared(trained, model="model.pkl")

    assert "'my_features'" in caught.value.message
    assert caught.value.where == str(trained / "model.pkl")
    assert str(caught.value.hint).startswith("install it")


@pytest.mark.slow
def test_an_error_about_the_sample_is_told_with_the_sample(trained: Path) -> None:
    (trained / "sample.csv").write_text("petal width (cm),other\n1.0,2.0\n")

    with pytest.raises(SampleError, match="sepal length") as caught:
        prepared(trained)

    assert caught.value.where == str(trained / "sample.csv")


def test_a_worker_that_dies_is_told_in_its_last_words(trained: Path) -> None:
    with pytest.raises(ModelError, match="out of memory"):
        prepared(trained, process=DeadProcess())


def test_an_interpreter_that_is_not_there_is_named(trained: Path) -> None:
    with pytest.raises(ModelError) as caught:
        prepared(trained, python=trained / "no-python")

    assert caught.value.where == str(trained / "no-python")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file"),
        (b"PK\x03\x04rest", "a zip archive"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"outs:\n- md5: 0\n", "DVC"),
        (b'{"a": 1}', "JSON"),
        (b"hello\nworld\n", "text"),
        (b"\x00\xff\x00\xff", "something else"),
    ],
)
def test_a_file_that_is_no_pickle_is_told_what_it_looks_like(
    trained: Path, content: bytes, words: str
) -> None:
    (trained / "model.joblib").write_bytes(content)

    with pytest.raises(ModelError, match=words):
        prepared(trained)


def test_a_model_file_that_is_not_there_is_named(trained: Path) -> None:
    with pytest.raises(ModelError, match="no such model file") as caught:
        prepared(trained, model="other.joblib")

    assert caught.value.where == str(trained / "other.joblib")


def test_nothing_of_the_model_is_loaded_into_this_process(trained: Path) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return (sys.exit, ("a pickle ran in this process",))

    (trained / "model.pkl").write_bytes(pickle.dumps(Bomb()))

    with pytest.raises(EmelError):
        prepared(trained, model="model.pkl")
