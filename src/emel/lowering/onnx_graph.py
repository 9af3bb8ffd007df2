"""Small changes to an ONNX graph, which is handed in: what converters write and a function cannot use."""

from __future__ import annotations

from typing import Any

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


def labels_in(model: Any) -> tuple[str | int, ...]:
    """The class labels that a node of the graph names, if one does."""
    for node in reversed(model.graph.node):
        for attribute in node.attribute:
            if attribute.name in ("classlabels_int64s", "classlabels_ints") and attribute.ints:
                return tuple(attribute.ints)
            if attribute.name == "classlabels_strings" and attribute.strings:
                return tuple(text.decode() for text in attribute.strings)
    return ()
