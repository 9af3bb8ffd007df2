"""Evaluates a lowered model, model.emel, with nothing but the standard library.

The file's layout and every operation are in docs/reference/model-format.md; nothing in it is Python's own.
A program is a graph of operations on vectors, in an order in which they can be run. Opening turns each into a
closure, so that a row costs no look-up of names.

To raise FORMAT: add 1 when an evaluator of the old number would misread a file; a new operation is such a
case. Say what changed in model-format.md. A bundle carries its own evaluator, so only the newest is read.
"""

from __future__ import annotations

from emel_runtime.lean import loads
from emel_runtime.operations import Unfit, operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from emel_runtime.operations import Step, Vector

    Row = Sequence[float | str | None]
    Array = memoryview | list[str]

MAGIC = b"\x89EMEL\r\n\x1a"
FORMAT = 2
HEAD = 16
"""Bytes before the program: MAGIC, the format and the program's length, unsigned and of 4 bytes each."""
DTYPES: dict[str, Any] = {"f64": "d", "f32": "f", "u32": "I", "i32": "i", "u8": "B"}
"""The codes of `struct` and of memoryviews. The machine must be little-endian, as those of clouds are."""
SIZES = {"f64": 8, "f32": 4, "u32": 4, "i32": 4, "u8": 1}
TOO_LARGE = "its numbers are too large for this model"


class Unanswerable(Exception):
    """A row that the model cannot answer; `row` counts from 0, `reason` is a few words."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(row, reason)
        self.row = row
        self.reason = reason


class CorruptModel(Exception):
    """The file is not a lowered model of this format."""


def load(data: bytes) -> Model:
    """The model in the bytes of a model.emel. Errors: CorruptModel."""
    program, arrays = decode(data)
    try:
        return Model(program, arrays)
    except (ArithmeticError, LookupError, TypeError, ValueError) as problem:
        raise CorruptModel(f"the lowered model is damaged: {problem!r}") from problem


def decode(data: bytes) -> tuple[dict[str, Any], list[Array]]:
    """The program of a model.emel and its arrays, flattened in row order. Errors: CorruptModel."""
    if data[:8] != MAGIC:
        raise CorruptModel("this is not a lowered model: its first bytes are others")
    version = int.from_bytes(data[8:12], "little")
    if version != FORMAT:
        raise CorruptModel(f"the lowered model has format {version}, this runtime reads {FORMAT}")
    end = HEAD + int.from_bytes(data[12:HEAD], "little")
    try:
        program: Any = loads(str(data[HEAD:end], "utf-8"))
        view = memoryview(data)[(end + 7) // 8 * 8 :]
        return program, [_array(view, entry) for entry in program["arrays"]]
    except (ValueError, KeyError, TypeError) as problem:
        raise CorruptModel(f"the lowered model is damaged: {problem}") from problem


def _array(view: memoryview, entry: dict[str, Any]) -> Array:
    count = 1
    for size in entry["shape"]:
        count *= size
    dtype, start = entry["dtype"], entry["offset"]
    length = entry["bytes"] if dtype == "text" else count * SIZES[dtype]
    part = view[start : start + length]
    if len(part) != length:
        raise ValueError("it ends before its arrays do")
    if dtype == "text":
        return str(part, "utf-8").split("\0") if count else []
    # Not all versions of Python can cast a view of no bytes.
    numbers: memoryview = (part if count else memoryview(bytes(8))).cast(DTYPES[dtype])
    return numbers if count else numbers[:0]


class Model:
    """A lowered model, ready to answer. `labels` is empty for regression; for several targets it holds the
    labels of each."""

    def __init__(self, program: dict[str, Any], arrays: Sequence[Array]) -> None:
        self.labels: list[Any] = program["labels"]
        self._steps: list[tuple[Step, int, list[int]]] = []
        for entry in program["operations"]:
            given = {name: arrays[index] for name, index in entry["arrays"].items()}
            step = operation(entry["name"])(**given, **entry["attributes"])
            first, *others = entry["inputs"]
            self._steps.append((step, first, others))
        self._result: int = program["outputs"]["label" if self.labels else "value"]
        self._probabilities: int | None = program["outputs"].get("probabilities")

    def answer(self, rows: Sequence[Row]) -> tuple[list[Any], list[Vector] | None]:
        """Predictions, and probabilities in the order of `labels` where the model has them. A prediction is
        a label or a number, or a list of them where the model has several targets.

        Errors: Unanswerable, which tells the row.
        """
        predictions: list[Any] = []
        probabilities: list[Vector] = []
        for number, row in enumerate(rows):
            try:
                values = self._evaluate(row)
            except OverflowError:
                raise Unanswerable(number, TOO_LARGE) from None
            except Unfit as problem:
                raise Unanswerable(number, str(problem)) from None
            predictions.append(self._prediction(values[self._result], number))
            if self._probabilities is not None:
                probabilities.append(_finite(values[self._probabilities], number))
        return predictions, None if self._probabilities is None else probabilities

    def _evaluate(self, row: Row) -> list[Any]:
        values: list[Any] = [row]
        for step, first, others in self._steps:
            if others:
                values.append(step(values[first], *[values[other] for other in others]))
            else:
                values.append(step(values[first]))
        return values

    def _prediction(self, result: Vector, number: int) -> Any:
        labels = self.labels
        if not labels:
            _finite(result, number)
            return result[0] if len(result) == 1 else list(result)
        if isinstance(labels[0], list):
            return [each[int(place)] for each, place in zip(labels, result)]  # noqa: B905
        return labels[int(result[0])]


def _finite(values: Vector, number: int) -> Vector:
    total = sum(values)
    if total - total != 0.0:
        raise Unanswerable(number, TOO_LARGE)
    return values
