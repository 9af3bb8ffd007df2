"""ONNX files as any exporter writes them: skl2onnx, PyTorch, Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy
import onnx
import onnxruntime

from emel.errors import ModelError
from emel.lowering.onnx_graph import engine_of, locales_set, without_zipmaps
from emel_runtime.onnx_tier import OnnxModel


class OnnxGraph:
    """A graph that looks like a fitted estimator. Its rows are flat, whatever the shape of its input."""

    def __init__(self, data: bytes) -> None:
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        engine, labels = engine_of(session, onnx.load_from_string(data))
        inputs = engine["inputs"]
        self.n_features_in_ = sum(len(one["columns"]) for one in inputs)
        if len(inputs) > 1:
            self.feature_names_in_ = numpy.array([one["name"] for one in inputs], dtype=object)
        self._data = data
        self._probable = bool(engine["probabilities"])
        self._model = OnnxModel(data, engine, labels)

    def graph(self, width: int) -> bytes:
        """The graph itself, which knows how many columns it takes."""
        return self._data

    @property
    def predict_proba(self) -> Any:
        """As estimators have it: only where there are probabilities."""
        if not self._probable:
            raise AttributeError("predict_proba")
        return lambda table: numpy.array(self._answers(table)[1])

    def predict(self, table: Any) -> Any:
        """One answer a row."""
        return numpy.array(self._answers(table)[0])

    def _answers(self, table: Any) -> tuple[list[Any], Any]:
        rows = table.to_numpy(dtype=object) if hasattr(table, "to_numpy") else table
        return self._model.answer([list(row) for row in rows.tolist()])


def read(path: Path, *, trusted: bool) -> OnnxGraph:
    """The graph, with the two changes that every slim image needs (see emel.lowering.onnx_graph) where it
    needs them. Errors: ModelError, UnsupportedModelError for inputs or outputs that rows do not fit."""
    graph = onnx.load(path)
    before = graph.SerializeToString()
    without_zipmaps(graph)
    locales_set(graph)
    after = graph.SerializeToString()
    try:
        return OnnxGraph(path.read_bytes() if before == after else after)
    except onnxruntime.capi.onnxruntime_pybind11_state.Fail as problem:
        if "opset" in str(problem).lower():
            sets = ", ".join(f"{one.domain or 'ai.onnx'} {one.version}" for one in graph.opset_import)
            raise ModelError(
                f"the graph is of operators ({sets}) that onnxruntime {onnxruntime.__version__} lacks",
                hint="export it for an older opset, or install a newer onnxruntime",
            ) from problem
        raise ModelError(f"onnxruntime cannot open the graph: {problem}", hint="export it anew") from problem
