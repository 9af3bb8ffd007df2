"""Writes a program of the pure tier: a graph of operations on vectors, and the arrays that they use.

The layout is documented in docs/reference/model-format.md; `emel_runtime.pure` reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from emel.errors import UnsupportedModelError
from emel.lowering.boundary import neighbours
from emel.lowering.encoding import Array, Operation, encode, pack
from emel.lowering.values import Answer, Column, Label, Notes, Origin, Outputs, Value

SPARSE = {
    "select": ("sparse_select", True),
    "concat": ("sparse_concat", True),
    "multiply": ("sparse_multiply", True),
    "divide": ("sparse_divide", True),
    "linear": ("sparse_linear", False),
    "unit": ("sparse_unit", True),
    "sublinear": ("sparse_sublinear", True),
}
"""What an operation is called on sparse inputs, and whether it makes a sparse value of them. All others get
the vector that a sparse value stands for."""
BACKS: dict[str, Callable[..., float]] = {
    "subtract": lambda value, number: value + number,
    "add": lambda value, number: value - number,
    "multiply": lambda value, number: value / number,
    "divide": lambda value, number: value * number,
}
"""From the result of an operation and its constant back to what it was given."""


class Readers(NamedTuple):
    """Readers by class, such as `sklearn.Ridge`. A reader takes the model, the program and a value."""

    transformers: Mapping[str, Callable[[Any, Program, Value], Value]] = {}
    predictors: Mapping[str, Callable[[Any, Program, Value], Outputs]] = {}


class Program:
    """A program while it is written. `row` is the input row; each operation makes a further value."""

    def __init__(
        self, columns: Sequence[Column], readers: Readers | None = None, nones: Collection[int] = ()
    ) -> None:
        self.columns = tuple(columns)
        self.nones = frozenset(nones)
        """The columns in which None stands for a missing value; in the others NaN does."""
        self.notes = Notes(set(), set())
        self.row = Value(
            0,
            tuple(Origin(place) for place in range(len(self.columns))),
            missing=any(column.missing for column in self.columns),
        )
        self._readers = readers or Readers()
        self._operations: list[Operation] = []
        self._arrays: list[Array] = []

    # --- the model's parts ---------------------------------------------------------------------------------

    def read_transformer(self, model: Any, value: Value) -> Value:
        """Write what `model.transform` does to a value. Errors: UnsupportedModelError."""
        made: Value = _reader(model, self._readers.transformers)(model, self, value)
        return made

    def read_predictor(self, model: Any, value: Value) -> Outputs:
        """Write what `predict`, `predict_proba` and `decision_function` do. Errors: UnsupportedModelError."""
        outputs: Outputs = _reader(model, self._readers.predictors)(model, self, value)
        return outputs

    @contextmanager
    def inside(self, step: str) -> Iterator[None]:
        """Let an error say in which step of the model it arose."""
        try:
            yield
        except UnsupportedModelError as problem:
            problem.where = f"step {step}, {problem.where}" if problem.where else f"step {step}"
            raise

    # --- operations ----------------------------------------------------------------------------------------

    def add(
        self,
        name: str,
        *values: Value,
        width: int | None = None,
        arrays: Mapping[str, int] | None = None,
        origins: Sequence[Origin | None] | None = None,
        missing: bool | None = None,
        sparse: bool = False,
        **attributes: object,
    ) -> Value:
        """Append an operation on values, and return the value that it makes.

        `width` is the length of that, which is that of the first input when not given. `origins` are those
        of its positions; without them nothing is known of where they come from. `missing` says whether it
        may lack numbers: as its inputs, when not given. `sparse` is for operations that make sparse values
        themselves. `attributes` are what JSON can hold.
        """
        matrix = sparse or (any(value.matrix for value in values) and SPARSE.get(name, ("", False))[1])
        if any(value.sparse for value in values):
            if name in SPARSE:
                name, sparse = SPARSE[name]
            else:
                values = tuple(self.dense(value) for value in values)
        made = len(origins) if origins is not None else values[0].width if width is None else width
        self._operations.append(
            Operation(name, tuple(value.place for value in values), dict(arrays or {}), attributes)
        )
        return Value(
            len(self._operations),
            tuple(origins) if origins is not None else (None,) * made,
            missing=any(value.missing for value in values) if missing is None else missing,
            sparse=sparse,
            matrix=matrix,
        )

    def array(self, dtype: str, items: Any, shape: Sequence[int] | None = None) -> int:
        """Append an array, and return its index. `items` is a NumPy array, whose shape is kept, or a
        sequence of numbers; for the dtype `text` a sequence of strings.

        Errors: UnsupportedModelError for what the dtype cannot hold.
        """
        self._arrays.append(pack(dtype, items, shape))
        return len(self._arrays) - 1

    def columnwise(self, name: str, value: Value, numbers: Iterable[float]) -> Value:
        """`subtract`, `add`, `multiply` or `divide` with one number per position."""
        constants = [float(number) for number in numbers]
        origins = [
            origin and origin.before(partial(BACKS[name], number=number))
            for origin, number in zip(value.origins, constants, strict=True)
        ]
        return self.add(name, value, arrays={"constant": self.array("f64", constants)}, origins=origins)

    def select(self, value: Value, positions: Sequence[int]) -> Value:
        """Some positions of a value, in this order."""
        picked = [int(position) for position in positions]
        if picked == list(range(value.width)):
            return value
        origins = [value.origins[position] for position in picked]
        known = [origin is not None and not self.columns[origin.column].missing for origin in origins]
        return self.add(
            "select",
            value,
            arrays={"positions": self.array("u32", picked)},
            origins=origins,
            missing=value.missing and not all(known),
        )

    def concat(self, values: Sequence[Value]) -> Value:
        """All positions of all values."""
        if len(values) == 1:
            return values[0]
        arrays = {}
        if any(value.sparse for value in values):
            arrays["widths"] = self.array("u32", [value.width for value in values])
        origins = [origin for value in values for origin in value.origins]
        return self.add("concat", *values, arrays=arrays, origins=origins)

    def dense(self, value: Value) -> Value:
        """The vector that a sparse value stands for."""
        if not value.sparse:
            return value
        self._operations.append(Operation("dense", (value.place,), {}, {"width": value.width}))
        return value._replace(place=len(self._operations), sparse=False)

    def absent(self, value: Value) -> Value:
        """The vector, with NaN for what is absent where scikit-learn makes a sparse matrix of it."""
        if not value.matrix:
            return self.dense(value)
        if not value.sparse:
            return self.add("hide", value, origins=value.origins, missing=True, low=0.0, high=0.0)
        made = self.dense(value)
        self._operations[-1].attributes["gaps"] = True
        return made._replace(missing=True)

    def is_text(self, value: Value, position: int) -> bool:
        """Whether a position of a value holds a column's strings."""
        origin = value.origins[position]
        return origin is not None and self.columns[origin.column].type == "string"

    # --- notes for the boundary rows -----------------------------------------------------------------------

    def note_thresholds(self, value: Value, splits: Iterable[tuple[int, float]]) -> None:
        """Note positions of a value, each with a number at which the model's answer may change."""
        for position, threshold in set(splits):
            origin = value.origins[position]
            number = None if origin is None else origin.carry_back(threshold)
            if origin is None or number is None:
                continue
            self.notes.thresholds.add((origin.column, number))
            if origin.backs:
                # A step such as a scaler rounds, so that the neighbours on either side of it are others.
                beside = map(origin.carry_back, neighbours(threshold))
                self.notes.exact.update((origin.column, near) for near in beside if near is not None)

    def note_categories(self, value: Value, position: int, categories: Iterable[str | float]) -> None:
        """Note what a position may be equal to. Categories that do not fit the column's type are left out."""
        origin = value.origins[position]
        if origin is None:
            return
        text = self.columns[origin.column].type == "string"
        for category in categories:
            if isinstance(category, str):
                self.notes.exact.update([(origin.column, category)] if text else [])
            elif not text and (number := origin.carry_back(float(category))) is not None:
                self.notes.exact.add((origin.column, number))

    # --- answers -------------------------------------------------------------------------------------------

    def label_of(self, outputs: Outputs) -> Value:
        """The index of the label that a classifier predicts."""
        if outputs.label is not None:
            return outputs.label
        scores = outputs.probabilities if outputs.scores is None else outputs.scores
        assert scores is not None, "a classifier has scores, probabilities or a label"
        return self.add("positive" if scores.width == 1 else "argmax", scores, width=1)

    def finish(self, outputs: Outputs) -> Answer:
        """The answer of the whole model."""
        if outputs.value is not None:
            return Answer((), outputs.value.width, {"value": outputs.value})
        if not outputs.parts:
            label = self.label_of(outputs)
            probabilities = outputs.probabilities
            values = (
                {"label": label}
                if probabilities is None
                else {"label": label, "probabilities": probabilities}
            )
            return Answer(outputs.labels, 1, values)
        if all(part.value is not None for part in outputs.parts):
            numbers = [part.value for part in outputs.parts if part.value is not None]
            return Answer((), len(numbers), {"value": self.concat(numbers)})
        joined = self.concat([self.label_of(part) for part in outputs.parts])
        labels: tuple[tuple[Label, ...], ...] = tuple(part.labels for part in outputs.parts)
        return Answer(labels, len(labels), {"label": joined})

    def encode(self, outputs: Outputs) -> bytes:
        """The whole file, without the operations and arrays that its answer does not need."""
        return self.encode_answer(self.finish(outputs))

    def encode_answer(self, answer: Answer) -> bytes:
        """The same, when `finish` was called already."""
        return encode(self.columns, self._operations, self._arrays, answer)


def _reader(model: Any, table: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    for name in names_of(model):
        if name in table:
            return table[name]
    kind = type(model)
    raise UnsupportedModelError(
        f"the pure tier cannot take {kind.__module__}.{kind.__qualname__} here",
        hint="use a class that the pure tier takes, or leave the tier to emel",
    )


def names_of(model: Any) -> list[str]:
    """`library.Class` of a model and its bases; where in the library a class lives differs by version."""
    return [f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}" for kind in type(model).__mro__]
