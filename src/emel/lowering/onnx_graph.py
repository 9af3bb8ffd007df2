"""Small changes to an ONNX graph, which is handed in: what converters write and a function cannot use."""

from __future__ import annotations

import importlib.metadata
from math import prod
from typing import Any

from emel.errors import UnsupportedModelError
from emel_runtime.onnx_tier import DTYPES

RUNTIME = ("onnxruntime", "numpy")
WHOLE = ("tensor(int64)", "tensor(int32)", "tensor(bool)", "tensor(string)")
"""Types of outputs that hold labels."""

LOCALE = b"C.UTF-8"
"""The one that every slim image has. onnxruntime's default, en_US.UTF-8, is missing there, and the graph
would not load; in the locale C, letters beyond ASCII have no case."""
STRINGS = 3
"""The number of the type STRING in onnx.AttributeProto."""


def without_zipmaps(model: Any) -> None:
    """Give probabilities as one tensor, instead of a dict for each row."""
    graph = model.graph
    for node in [node for node in graph.node if node.op_type == "ZipMap"]:
        output = next(one for one in graph.output if one.name == node.output[0])
        output.ClearField("type")
        output.type.tensor_type.elem_type = 1
        output.name = node.input[0]
        graph.node.remove(node)


def locales_set(model: Any) -> None:
    """Let text be normalised in a locale that is there."""
    for node in model.graph.node:
        if node.op_type == "StringNormalizer":
            for attribute in [one for one in node.attribute if one.name == "locale"]:
                node.attribute.remove(attribute)
            attribute = node.attribute.add()
            attribute.name, attribute.type, attribute.s = "locale", STRINGS, LOCALE


def runtime_requirements() -> str:
    """What the function runs a graph with, at the versions that are installed here."""
    return "".join(f"{package}=={importlib.metadata.version(package)}\n" for package in RUNTIME)


def engine_of(session: Any, graph: Any) -> tuple[dict[str, Any], tuple[str | int, ...]]:
    """How rows become a graph's inputs and which output is what (see emel_runtime.onnx_tier), and its labels.

    Errors: UnsupportedModelError for inputs or outputs that rows do not fit.
    """
    engine: dict[str, Any] = {"inputs": _inputs(session.get_inputs()), **_outputs(session)}
    if not engine["label"]:
        return engine, ()
    return engine, _labels_in(graph) or _counted(session, engine)


def _labels_in(model: Any) -> tuple[str | int, ...]:
    """The class labels that a node of the graph names, if one does."""
    for node in reversed(model.graph.node):
        for attribute in node.attribute:
            if attribute.name in ("classlabels_int64s", "classlabels_ints") and attribute.ints:
                return tuple(attribute.ints)
            if attribute.name == "classlabels_strings" and attribute.strings:
                return tuple(text.decode() for text in attribute.strings)
    return ()


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
