"""The onnx tier: a model converted by skl2onnx and onnxmltools, or exported by CatBoost.

Converters write for float32, so numbers lose digits on their way in; parity decides whether that is enough.
"""

from __future__ import annotations

import copy
import importlib
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnxruntime
import skl2onnx
from skl2onnx.common import shape_calculator
from skl2onnx.common.data_types import FloatTensorType, StringTensorType

from emel.errors import UnsupportedModelError
from emel.lowering import Column, Made, lower
from emel.lowering.labels import labels_of
from emel.lowering.onnx_graph import locales_set, runtime_requirements, without_zipmaps
from emel.lowering.original import Original, Row
from emel.lowering.values import Notes

OPSETS = {"": 21, "ai.onnx.ml": 3}
"""What onnxruntime 1.20 and newer reads, and all converters write."""
BOOSTERS = {
    "lightgbm": ("onnxmltools.convert.lightgbm.operator_converters.LightGbm", "convert_lightgbm", "LGBM"),
    "xgboost": ("onnxmltools.convert.xgboost.operator_converters.XGBoost", "convert_xgboost", "XGB"),
}
"""Library → the module of its converter, the function in it, and how its classes begin."""
SHAPES = {
    "Classifier": shape_calculator.calculate_linear_classifier_output_shapes,
    "Regressor": shape_calculator.calculate_linear_regressor_output_shapes,
}
MOST_ISOLATING = 30
"""Trees of IsolationForest: 100 took a minute to convert and 14 s to open. Other forests are one operator."""
WITHOUT_SPLITS = Notes(set(), set())


def make(model: Any, columns: Sequence[Column], sample: Sequence[Row], source: Path) -> Made:
    """Errors: UnsupportedModelError with the converter's own words."""
    _refuse_slow(model)
    predictions, _ = Original(model, columns, probabilities=False).answers(sample)
    labels, outputs = labels_of(model, predictions)
    if labels and outputs > 1:
        raise UnsupportedModelError("the onnx tier takes no classifiers of several targets")
    data, inputs, names = _convert(model, columns)
    engine: dict[str, Any] = {"inputs": inputs, "label": None, "probabilities": None, "value": None}
    if not labels:
        engine["value"] = names[0]
    else:
        engine["label"] = names[0]
        engine["probabilities"] = names[1] if hasattr(model, "predict_proba") and len(names) > 1 else None
    return Made(data, labels, outputs, _notes(model, columns), engine, runtime_requirements(), {})


def _refuse_slow(model: Any) -> None:
    last = getattr(model, "steps", [("", model)])[-1][1]
    trees = len(getattr(last, "estimators_", None) or ())
    if type(last).__name__ == "IsolationForest" and trees > MOST_ISOLATING:
        raise UnsupportedModelError(
            f"skl2onnx writes each tree of IsolationForest as dozens of operators, and with {trees} trees "
            f"onnxruntime takes seconds to start; it is converted up to {MOST_ISOLATING}",
            hint='take tier = "pure"',
        )


def _convert(model: Any, columns: Sequence[Column]) -> tuple[bytes, list[dict[str, Any]], list[str]]:
    """The graph's bytes, its inputs with their columns, and the names of its outputs."""
    _register_boosters()
    inputs, types = _inputs(model, columns)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if type(model).__module__.startswith("catboost"):
                graph = _from_catboost(model)
            else:
                graph = skl2onnx.to_onnx(_plain_names(model), initial_types=types, target_opset=OPSETS)
            # Converters give inputs names of their own where a column's is no identifier, in the same order.
            inputs = [
                {**one, "name": given.name} for one, given in zip(inputs, graph.graph.input, strict=True)
            ]
            without_zipmaps(graph)
            locales_set(graph)
            data = graph.SerializeToString()
            # Some graphs ask for operators that onnxruntime does not have.
            onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    # Converters and onnxruntime raise whatever goes wrong in them.
    except Exception as problem:
        words = str(problem).strip().partition("\n")[0]
        raise UnsupportedModelError(
            f"{type(model).__name__} cannot be converted to ONNX: {type(problem).__name__}: {words}",
            hint='take tier = "python"',
        ) from problem
    return data, inputs, [output.name for output in graph.graph.output]


def _inputs(model: Any, columns: Sequence[Column]) -> tuple[list[dict[str, Any]], list[tuple[str, Any]]]:
    """One input for all columns where all are numbers; one for each where steps pick them by name."""
    strings = [column.type == "string" for column in columns]
    first = getattr(model, "steps", [("", model)])[0][1]
    everything = list(range(len(columns)))
    if len(set(strings)) == 1 and type(first).__name__ != "ColumnTransformer":
        kind = StringTensorType if strings[0] else FloatTensorType
        return [{"name": "rows", "columns": everything}], [("rows", kind([None, len(columns)]))]
    inputs = [{"name": column.name, "columns": [place]} for place, column in enumerate(columns)]
    types = [
        (column.name, StringTensorType([None, 1]) if column.type == "string" else FloatTensorType([None, 1]))
        for column in columns
    ]
    return inputs, types


def _register_boosters() -> None:
    """Tell skl2onnx of the boosters' classes, of those libraries that the model made Python load."""
    for library, (module, function, prefix) in BOOSTERS.items():
        if library not in sys.modules:
            continue
        convert = getattr(importlib.import_module(module), function)
        for kind, shapes in SHAPES.items():
            name = f"{prefix}{kind}"
            options = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
            skl2onnx.update_registered_converter(
                getattr(sys.modules[library], name), name, shapes, convert,
                options=options if kind == "Classifier" else None,
            )  # fmt: skip


def _plain_names(model: Any) -> Any:
    """The model, its XGBoost steps with features called f0, f1, …: the converter knows no others."""
    steps = [step for _, step in getattr(model, "steps", [("", model)])]
    if not any(hasattr(step, "get_booster") for step in steps):
        return model
    renamed = copy.deepcopy(model)
    for _, step in getattr(renamed, "steps", [("", renamed)]):
        if hasattr(step, "get_booster"):
            step.get_booster().feature_names = None
    return renamed


def _from_catboost(model: Any) -> Any:
    onnx = importlib.import_module("onnx")
    with tempfile.TemporaryDirectory(prefix="emel-") as folder:
        file = Path(folder) / "model.onnx"
        model.save_model(str(file), format="onnx")
        return onnx.load(file)


def _notes(model: Any, columns: Sequence[Column]) -> Notes:
    """What the pure tier's readers note of a model that they can read, as far as float32 can hold it."""
    try:
        notes = lower(model, columns).notes
    except UnsupportedModelError:
        return WITHOUT_SPLITS
    # Categories are strings and whole numbers; the others lie an ulp beside a threshold, behind a scaler.
    exact = {(place, one) for place, one in notes.exact if isinstance(one, str) or one == int(one)}
    return Notes(notes.thresholds, exact)
