"""ONNX files as any exporter writes them: skl2onnx, PyTorch, Keras."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy
import onnx
import onnxruntime

from emel.errors import ModelError, UnsupportedModelError
from emel.lowering.onnx_graph import labels_in, locales_set, without_zipmaps
from emel_runtime.onnx_tier import DTYPES, OnnxModel

WHOLE = ("tensor(int64)", "tensor(int32)", "tensor(bool)", "tensor(string)")
"""Types of outputs that hold labels."""


class OnnxGraph:
    """A graph that looks like a fitted estimator. Its rows are flat, whatever the shape of its input."""

    def __init__(self, data: bytes) -> None:
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        graph = onnx.load_from_string(data)
        self.onnx_bytes = data
        self.engine: dict[str, Any] = {"inputs": _inputs(session.get_inputs()), **_outputs(session)}
        self.outputs = 1
        self.labels = labels_in(graph) if self.engine["label"] else ()
        self.n_features_in_ = sum(len(one["columns"]) for one in self.engine["inputs"])
        if len(self.engine["inputs"]) > 1:
            self.feature_names_in_ = numpy.array([one["name"] for one in self.engine["inputs"]], dtype=object)
        self._labelled = bool(self.engine["label"]) and not self.labels
        self._probable = bool(self.engine["probabilities"])
        if self._labelled:
            self.labels = _counted(session, self.engine)
        self._model = OnnxModel(data, self.engine, self.labels)

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
        raise ModelError(f"onnxruntime cannot open the graph: {problem}", hint="export it anew") from problem


def _inputs(given: Any) -> list[dict[str, Any]]:
    """Columns are dealt out to the inputs in turn, each as many as its shape has places."""
    inputs, first = [], 0
    for one in given:
        places = one.shape[1:]
        if one.type not in DTYPES or not all(isinstance(place, int) for place in places):
            raise UnsupportedModelError(
                f"the input {one.name!r} is {one.type} of the shape {one.shape}, which no row fits",
                hint="export the model with inputs of numbers or strings, only the first dimension dynamic",
            )
        if one.shape and isinstance(one.shape[0], int) and one.shape[0] != 1:
            raise UnsupportedModelError(
                f"the input {one.name!r} takes {one.shape[0]} rows at a time",
                hint="export the model with a dynamic batch",
            )
        count = prod(places)
        inputs.append({"name": one.name, "columns": list(range(first, first + count))})
        first += count
    return inputs


def _outputs(session: Any) -> dict[str, str | None]:
    """The first output of labels, and the first of numbers: probabilities beside labels, values alone."""
    labels = [one for one in session.get_outputs() if one.type in WHOLE]
    numbers = [one for one in session.get_outputs() if one.type in ("tensor(float)", "tensor(double)")]
    if labels:
        likely = [one.name for one in numbers if "prob" in one.name.lower()]
        return {"label": labels[0].name, "probabilities": likely[0] if likely else None, "value": None}
    if not numbers:
        raise UnsupportedModelError(
            "the graph gives neither labels nor numbers", hint="export it with tensors as outputs"
        )
    return {"label": None, "probabilities": None, "value": numbers[0].name}


def _counted(session: Any, engine: dict[str, Any]) -> tuple[int, ...]:
    """Labels that no node names: the places of the probabilities."""
    shape: list[Any] = next(
        (one.shape for one in session.get_outputs() if one.name == engine["probabilities"]), []
    )
    if len(shape) != 2 or not isinstance(shape[1], int):
        raise UnsupportedModelError(
            "the graph gives labels, and does not say which there are",
            hint="export it with its probabilities, as a tensor of a fixed width",
        )
    return tuple(range(shape[1]))
