"""What the onnx and python tiers make of fitted models: the same answers, or a refusal with its reason."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, IsolationForest, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RationalQuadratic
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from emel.errors import ModelError, SampleError, UnsupportedModelError
from emel.models import prepare
from emel.models.worker import carry_out
from emel.records import Artifact
from emel.system.process import SystemProcess
from emel_runtime.onnx_tier import OnnxModel
from emel_runtime.pure import Unanswerable
from emel_runtime.python_tier import PythonModel

CANCER = load_breast_cancer(as_frame=True)
DIABETES = load_diabetes(as_frame=True)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning", "ignore::UserWarning"),
]


def kind(column: Any) -> str:
    return {"f": "float", "i": "integer"}.get(column.dtype.kind, "string")


def made(folder: Path, file: Path, tier: str, sample: pd.DataFrame, form: str = "pickle") -> dict[str, Any]:
    """What the worker tells of the model in a file."""
    columns = [
        {"name": str(name), "type": kind(sample[name]), "missing": False, "categories": None}
        for name in sample
    ]
    task = {"model": str(file), "kind": form, "trusted": True, "tier": tier, "columns": columns}
    told = carry_out({**task, "rows": sample.to_numpy(dtype=object).tolist()}, folder / "opened")
    return {**told, "types": columns}


def saved(folder: Path, model: Any) -> Path:
    joblib.dump(model, folder / "m.joblib")
    return folder / "m.joblib"


def differences(folder: Path, told: dict[str, Any]) -> tuple[int, float]:
    """Rows with another label, and the largest difference: absolute, of numbers above 1 relative."""
    model = OnnxModel((folder / "opened").read_bytes(), told["engine"], told["labels"])
    predictions, shares = model.answer(told["rows"])
    if not told["labels"]:
        gap = np.abs(np.subtract(predictions, told["predictions"]))
        return 0, float((gap / np.maximum(1, np.abs(told["predictions"]))).max())
    wrong = sum(one != other for one, other in zip(predictions, told["predictions"], strict=True))
    return wrong, float(np.abs(np.subtract(shares, told["probabilities"])).max())


PREDICTOR = """
from pathlib import Path
import naming

class Predictor:
    def __init__(self, model_path):
        self.limit = float(Path(model_path).read_text())

    def predict(self, rows):
        return [naming.name(row["mean radius"] < self.limit) for row in rows]
"""


def prepared(folder: Path, model: Path, **more: Any) -> Artifact:
    CANCER.data.iloc[::50].to_csv(folder / "rows.csv", index=False)
    return prepare(
        name="m", model=model, sample=folder / "rows.csv", target=None, tier="python",
        workdir=folder / "work", process=SystemProcess(), **more,
    )  # fmt: skip


def numbers() -> list[Any]:
    x, y = CANCER.data, CANCER.target
    scaled = make_pipeline(StandardScaler(), LogisticRegression())
    words = np.array(["плохо", "хорошо"])[y]
    return [
        pytest.param(scaled.fit(x, y), id="scaled linear"),
        pytest.param(RandomForestClassifier(50, random_state=0).fit(x, y), id="forest with ties"),
        pytest.param(make_pipeline(StandardScaler(), RandomForestClassifier(50, random_state=0)).fit(x, y),
                     id="forest behind a scaler"),
        pytest.param(RandomForestClassifier(9, random_state=0).fit(x, words), id="labels of text"),
        pytest.param(RandomForestClassifier(9, random_state=0).fit(x, y == 1), id="labels of booleans"),
    ]  # fmt: skip


@pytest.mark.parametrize("model", numbers())
def test_a_converted_classifier_gives_the_same_labels(model: Any, tmp_path: Path) -> None:
    told = made(tmp_path, saved(tmp_path, model), "onnx", CANCER.data.iloc[::5])

    wrong, gap = differences(tmp_path, told)
    assert wrong == 0
    assert gap < 1e-6
    assert len(told["rows"]) > 200


def test_rows_on_a_split_behind_a_scaler_are_told_and_no_others_differ(tmp_path: Path) -> None:
    model = make_pipeline(StandardScaler(), HistGradientBoostingClassifier(max_iter=3, random_state=0))
    file = saved(tmp_path, model.fit(CANCER.data, CANCER.target))

    told = made(tmp_path, file, "onnx", CANCER.data.iloc[::5])

    _, shares = OnnxModel((tmp_path / "opened").read_bytes(), told["engine"], told["labels"]).answer(
        told["rows"]
    )
    gaps = np.abs(np.subtract(shares, told["probabilities"])).max(axis=1)
    different = set(np.flatnonzero(gaps > 1e-6).tolist())
    assert different and different <= told["near_splits"].keys()


def test_boosting_libraries_are_converted(tmp_path: Path) -> None:
    import catboost
    import lightgbm
    import xgboost

    for model in (
        lightgbm.LGBMClassifier(n_estimators=20, verbose=-1),
        xgboost.XGBClassifier(n_estimators=20),
        catboost.CatBoostClassifier(iterations=20, verbose=0, allow_writing_files=False),
    ):
        file = saved(tmp_path, model.fit(CANCER.data, CANCER.target))
        wrong, gap = differences(tmp_path, made(tmp_path, file, "onnx", CANCER.data.iloc[::5]))
        assert (wrong, gap < 1e-6) == (0, True)


def test_what_pure_refuses_may_be_converted(tmp_path: Path) -> None:
    # Far from its data such a model answers with zeros, so the kernel must reach over them.
    x, y = DIABETES.data * 20, DIABETES.target
    model = GaussianProcessRegressor(RationalQuadratic(3.0), alpha=1.0, optimizer=None).fit(x[:200], y[:200])
    file = saved(tmp_path, model)

    with pytest.raises(UnsupportedModelError):
        made(tmp_path, file, "pure", x[200::3])
    told = made(tmp_path, file, "onnx", x[200::3])
    assert max(map(abs, told["predictions"])) > 1
    assert differences(tmp_path, told)[1] < 1e-4


def test_operators_that_onnxruntime_lacks_are_told(tmp_path: Path) -> None:
    model = GaussianProcessClassifier().fit(CANCER.data[:60], CANCER.target[:60])

    with pytest.raises(UnsupportedModelError, match=r"cannot be converted to ONNX.*Solve"):
        made(tmp_path, saved(tmp_path, model), "onnx", CANCER.data[:9])


def test_a_graph_that_would_take_seconds_to_open_is_refused_before_it_is_made(tmp_path: Path) -> None:
    file = saved(tmp_path, IsolationForest(n_estimators=31, random_state=0).fit(CANCER.data))

    with pytest.raises(UnsupportedModelError, match=r"IsolationForest .* 31 trees"):
        made(tmp_path, file, "onnx", CANCER.data[:9])


def test_columns_of_text_and_numbers_are_inputs_of_their_own(tmp_path: Path) -> None:
    frame = pd.DataFrame({"city": ["Москва", "Тверь", "Омск"] * 20, "age": np.arange(60.0)})
    steps = [("c", OneHotEncoder(handle_unknown="ignore"), ["city"]), ("n", StandardScaler(), ["age"])]
    model = make_pipeline(ColumnTransformer(steps), LogisticRegression())
    file = saved(tmp_path, model.fit(frame, frame["age"] > 30))

    wrong, gap = differences(tmp_path, made(tmp_path, file, "onnx", frame))
    assert (wrong, gap < 1e-6) == (0, True)


def test_column_names_that_are_no_identifiers_reach_their_inputs(tmp_path: Path) -> None:
    rows, labels = load_wine(as_frame=True, return_X_y=True)
    assert any("/" in name for name in rows.columns)
    scaler = ColumnTransformer([("s", StandardScaler(), list(rows.columns))])
    file = saved(tmp_path, make_pipeline(scaler, LogisticRegression()).fit(rows, labels))

    wrong, gap = differences(tmp_path, made(tmp_path, file, "onnx", rows))
    assert (wrong, gap < 1e-6) == (0, True)


def test_text_loads_without_a_locale_and_wrong_cyrillic_is_seen(tmp_path: Path) -> None:
    english = ["good model", "bad model", "very good", "so bad"] * 5
    russian = ["хорошая модель", "плохая модель", "очень хорошо", "медленно и плохо"] * 5
    gaps = []
    for texts in (english, russian):
        model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [1, 0] * 10)
        told = made(tmp_path, saved(tmp_path, model), "onnx", pd.DataFrame({"text": texts[:4]}))
        gaps.append(differences(tmp_path, told)[1])

    assert gaps[0] < 1e-6
    assert gaps[1] > 1e-3


@pytest.mark.parametrize("batch", ["N", 1])
def test_an_onnx_file_is_taken_as_it_is(tmp_path: Path, batch: Any) -> None:
    weights = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 30])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, 2])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.save(model, tmp_path / "m.onnx")

    told = made(tmp_path, tmp_path / "m.onnx", "onnx", CANCER.data.iloc[::50], "onnx")

    assert told["original"] is None
    assert (tmp_path / "opened").read_bytes() == (tmp_path / "m.onnx").read_bytes()
    assert told["outputs"] == 1 or len(told["predictions"][0]) == 2
    assert told["requirements"].startswith(f"onnxruntime=={onnxruntime.__version__}\nnumpy==")
    expected = CANCER.data.iloc[::50].to_numpy(np.float32) @ weights
    assert np.allclose(told["predictions"][: len(expected)], expected, rtol=1e-4)


def test_a_graph_of_operators_to_come_is_told(tmp_path: Path) -> None:
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", given[:1], given[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 99)], ir_version=10)
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())

    with pytest.raises(ModelError, match=rf"ai\.onnx 99\) that onnxruntime {onnxruntime.__version__}"):
        made(tmp_path, tmp_path / "m.onnx", "onnx", CANCER.data.iloc[:2, :1], "onnx")


def test_the_python_tier_names_the_libraries_of_the_model_and_no_others(tmp_path: Path) -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(CANCER.data, CANCER.target)
    file = saved(tmp_path, model)

    artifact = prepared(tmp_path, file)

    names = {line.partition("==")[0] for line in artifact.requirements.splitlines()}
    assert {"scikit-learn", "scipy", "numpy", "joblib", "pandas"} <= names
    assert not names & {"pyarrow", "onnx", "pytest", "emel"}
    assert artifact.file.read_bytes() == file.read_bytes()
    assert artifact.engine == {"form": "frame"}


def test_requirements_of_the_users_own_go_before(tmp_path: Path) -> None:
    file = saved(tmp_path, LinearRegression().fit(CANCER.data, CANCER.target))
    (tmp_path / "requirements.txt").write_text("scikit-learn\n")

    artifact = prepared(tmp_path, file, requirements=tmp_path / "requirements.txt")
    assert artifact.requirements == "scikit-learn\n"


def test_a_predictor_answers_rows_and_brings_its_own_modules(tmp_path: Path) -> None:
    (tmp_path / "predictor.py").write_text(PREDICTOR)
    (tmp_path / "naming.py").write_text("def name(small): return 'мало' if small else 'много'\n")
    (tmp_path / "limit.txt").write_text("15")

    artifact = prepared(tmp_path, tmp_path / "limit.txt", predictor=tmp_path / "predictor.py")

    assert artifact.engine == {"predictor": "predictor"}
    assert set(artifact.sources) == {"predictor.py", "naming.py"}
    assert artifact.signature.labels == ("мало", "много")
    assert artifact.requirements == ""


@pytest.mark.parametrize(
    ("opens", "answers", "kind", "words"),
    [
        ("1 / 0", "[]", ModelError, r"Predictor\(model_path\) raises ZeroDivisionError: division"),
        ("pass", "rows[:1]", ModelError, "gave 1 answers to 9 rows"),
        ("pass", "rows", ModelError, "answered a row with dict"),
        ("pass", "[rows[0]['gone']]", SampleError, r"predict raises KeyError: 'gone'"),
    ],
)
def test_what_a_predictor_does_wrong_is_told(
    tmp_path: Path, opens: str, answers: str, kind: type[Exception], words: str
) -> None:
    (tmp_path / "predictor.py").write_text(
        f"class Predictor:\n def __init__(self, path): {opens}\n def predict(self, rows): return {answers}\n"
    )
    (tmp_path / "m.bin").write_bytes(b"")
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(kind, match=words):
            made(tmp_path, tmp_path / "m.bin", "python", CANCER.data[:9], "predictor")
    finally:
        sys.path.remove(str(tmp_path))
        sys.modules.pop("predictor", None)


def test_a_row_that_the_original_refuses_is_told_by_its_number(tmp_path: Path) -> None:
    file = saved(tmp_path, LogisticRegression(max_iter=9999).fit([[0.0], [1.0]], [0, 1]))
    columns = [{"name": "a", "type": "float", "missing": True}]
    model = PythonModel(str(file), "array", {"labels": [0, 1], "outputs": 1, "columns": columns})

    assert model.answer([[0.0], [1.0]])[0] == [0, 1]
    with pytest.raises(Unanswerable, match="contains NaN") as caught:
        model.answer([[0.0], [float("nan")]])
    assert caught.value.row == 1
