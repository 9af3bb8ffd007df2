"""Writes a program of the pure tier: operations on vectors, and the arrays that they use.

The layout is documented in docs/reference/model-format.md; `emel_runtime.pure` reads it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from emel_runtime.lean import dumps
from emel_runtime.pure import DTYPES, FORMAT, HEADER, MAGIC

Label = str | int | float | bool


class Outputs(NamedTuple):
    """Which values of a program are the answer. Regression has `value`, classification has `label`."""

    labels: tuple[Label, ...] = ()
    label: int | None = None
    probabilities: int | None = None
    value: int | None = None


class Program:
    """A program while it is written. Value 0 is the input row; each operation makes the next value."""

    def __init__(self, inputs: Sequence[str], *, missing: bool) -> None:
        self.inputs = tuple(inputs)
        self.missing = missing
        """Whether a row may lack values, which are NaN then."""
        self._operations: list[dict[str, Any]] = []
        self._arrays: list[dict[str, Any]] = []
        self._data = bytearray()

    def add(self, name: str, value: int, *, arrays: dict[str, int] | None = None, **attributes: float) -> int:
        """Append an operation on a value, and return the value that it makes."""
        output = len(self._operations) + 1
        self._operations.append(
            {
                "name": name,
                "input": value,
                "output": output,
                "attributes": attributes,
                "arrays": arrays or {},
            }
        )
        return output

    def array(self, dtype: str, numbers: Iterable[float], shape: Sequence[int] | None = None) -> int:
        """Append an array, which is one-dimensional without `shape`, and return its index."""
        flat = list(numbers)
        self._data += bytes(-len(self._data) % 8)
        self._arrays.append({"dtype": dtype, "shape": list(shape or [len(flat)]), "offset": len(self._data)})
        self._data += struct.pack(f"<{len(flat)}{DTYPES[dtype]}", *flat)
        return len(self._arrays) - 1

    def encode(self, outputs: Outputs) -> bytes:
        """The whole file."""
        answers = {"label": outputs.label, "probabilities": outputs.probabilities, "value": outputs.value}
        program = dumps(
            {
                "inputs": self.inputs,
                "operations": self._operations,
                "outputs": {name: value for name, value in answers.items() if value is not None},
                "labels": outputs.labels,
                "arrays": self._arrays,
            }
        ).encode("ascii")
        head = HEADER.pack(MAGIC, FORMAT, len(program)) + program
        return head + bytes(-len(head) % 8) + bytes(self._data)
