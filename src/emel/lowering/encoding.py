"""The bytes of model.emel, from the operations and arrays of a program."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

from emel.errors import UnsupportedModelError
from emel.lowering.values import Answer, Column
from emel_runtime.lean import dumps
from emel_runtime.pure import DTYPES, FORMAT, MAGIC


class Operation(NamedTuple):
    """An operation; the k-th of a program makes value k."""

    name: str
    inputs: tuple[int, ...]
    arrays: dict[str, int]
    attributes: dict[str, object]


class Array(NamedTuple):
    """An array, packed."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes


def pack(dtype: str, items: Any, shape: Sequence[int] | None) -> Array:
    """An array of NumPy, a sequence of numbers, or strings for `text`. Errors: UnsupportedModelError."""
    if dtype == "text":
        return _texts([str(item) for item in items])
    known = shape or getattr(items, "shape", None)
    flat = items.ravel().tolist() if hasattr(items, "ravel") else list(items)
    try:
        data = struct.pack(f"<{len(flat)}{DTYPES[dtype]}", *flat)
    except struct.error as problem:
        raise UnsupportedModelError(f"a number of the model does not fit {dtype}: {problem}") from problem
    return Array(dtype, tuple(known or [len(flat)]), data)


def encode(
    columns: Sequence[Column], operations: Sequence[Operation], arrays: Sequence[Array], answer: Answer
) -> bytes:
    """The whole file, with those operations and arrays alone that the answer needs."""
    needed = _needed(operations, [value.place for value in answer.values.values()])
    values = {0: 0} | {index: place for place, index in enumerate(needed, 1)}
    kept = [operations[index - 1] for index in needed]
    used = sorted({array for operation in kept for array in operation.arrays.values()})
    places = {array: place for place, array in enumerate(used)}
    entries, data = _layout([arrays[array] for array in used])
    program = dumps(
        {
            "inputs": [{"name": column.name, "type": column.type} for column in columns],
            "operations": [
                {
                    "name": operation.name,
                    "inputs": [values[index] for index in operation.inputs],
                    "arrays": {name: places[array] for name, array in operation.arrays.items()},
                    "attributes": operation.attributes,
                }
                for operation in kept
            ],
            "outputs": {name: values[value.place] for name, value in answer.values.items()},
            "labels": answer.labels,
            "arrays": entries,
        }
    ).encode("ascii")
    head = MAGIC + struct.pack("<II", FORMAT, len(program)) + program
    return head + bytes(-len(head) % 8) + data


def _texts(texts: list[str]) -> Array:
    if any("\0" in text for text in texts):
        raise UnsupportedModelError("a string of the model has a zero character in it")
    try:
        return Array("text", (len(texts),), "\0".join(texts).encode())
    except UnicodeEncodeError as problem:
        raise UnsupportedModelError(f"a string of the model is no Unicode text: {problem}") from problem


def _needed(operations: Sequence[Operation], outputs: Sequence[int]) -> list[int]:
    """The values that the outputs are made from, in their order, without the row."""
    found: set[int] = set()
    waiting = list(outputs)
    while waiting:
        index = waiting.pop()
        if index and index not in found:
            found.add(index)
            waiting += operations[index - 1].inputs
    return sorted(found)


def _layout(arrays: Sequence[Array]) -> tuple[list[dict[str, object]], bytes]:
    entries: list[dict[str, object]] = []
    data = bytearray()
    for array in arrays:
        data += bytes(-len(data) % 8)
        entry: dict[str, object] = {"dtype": array.dtype, "shape": array.shape, "offset": len(data)}
        if array.dtype == "text":
            entry["bytes"] = len(array.data)
        entries.append(entry)
        data += array.data
    return entries, bytes(data)
