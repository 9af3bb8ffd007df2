"""Runs an ONNX model by onnxruntime, whose wheels lie in the bundle beside this package.

The manifest's `engine` says how columns become inputs and which output is what:

    inputs          [{name, columns: [position in the signature]}]
    label           the output with a label a row, or null
    probabilities   the output with a probability a label, or null
    value           of a regression, the output with the numbers, or null
"""

from __future__ import annotations

import os

from emel_runtime.pure import TOO_LARGE, Unanswerable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    Row = Sequence[float | str | None]

# NumPy would start a thread per processor, and onnxruntime would write an identifier into the home folder.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

DTYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}
"""What inputs may be, and NumPy's name of it."""
INTEGERS = ("int64", "int32", "bool")


class OnnxModel:
    """A session that answers rows. `labels` is empty for regression."""

    def __init__(self, data: bytes, engine: Mapping[str, Any], labels: Sequence[Any]) -> None:
        # A function that runs another tier has neither of the two.
        import numpy
        import onnxruntime

        self._numpy = numpy
        options = onnxruntime.SessionOptions()
        # One request at a time on a share of a processor: more threads only wait for each other.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        shapes = {given.name: (given.shape, DTYPES[given.type]) for given in self._session.get_inputs()}
        self._inputs = [(one["name"], one["columns"], *shapes[one["name"]]) for one in engine["inputs"]]
        self._one_by_one = any(shape[:1] == [1] for _, _, shape, _ in self._inputs)
        self._names = [engine[key] for key in ("label", "probabilities", "value") if engine[key]]
        self._with_probabilities = bool(engine["probabilities"])
        self.labels = list(labels)
        # A graph holds labels as strings or integers; booleans and floats are integers there.
        self._labels = {one if isinstance(one, str) else int(one): one for one in labels}

    def answer(self, rows: Sequence[Row]) -> tuple[list[Any], list[list[float]] | None]:
        """Predictions, and probabilities in the order of `labels` where the model has them.

        Errors: Unanswerable, which tells the row.
        """
        if self._one_by_one and len(rows) > 1:
            each = [self._run([row], number) for number, row in enumerate(rows)]
            found = [self._numpy.concatenate(parts) for parts in zip(*each, strict=True)]
        else:
            found = self._run(rows, 0)
        if not self.labels:
            values = found[0].reshape(len(rows), -1)
            self._require_finite(values)
            flat: list[list[float]] = values.tolist()
            return [row[0] if len(row) == 1 else row for row in flat], None
        predictions = [self._labels[raw] for raw in found[0].reshape(len(rows)).tolist()]
        if not self._with_probabilities:
            return predictions, None
        shares = found[1].reshape(len(rows), -1)
        self._require_finite(shares)
        return predictions, shares.tolist()

    def _run(self, rows: Sequence[Row], first: int) -> list[Any]:
        """The outputs as arrays; `first` is the number of the first row."""
        given = {}
        for name, columns, shape, dtype in self._inputs:
            cells = [[row[column] for column in columns] for row in rows]
            if dtype == "object":
                cells = [["" if cell is None else cell for cell in row] for row in cells]
            elif dtype in INTEGERS:
                _require_whole(cells, first)
            array = self._numpy.array(cells, dtype=dtype)
            given[name] = array.reshape(len(rows), *shape[1:]) if len(shape) != 2 else array
        outputs: list[Any] = self._session.run(self._names, given)
        return outputs

    def _require_finite(self, answers: Any) -> None:
        finite = self._numpy.isfinite(answers).all(axis=1)
        if not finite.all():
            raise Unanswerable(int(finite.argmin()), TOO_LARGE)


def _require_whole(cells: Sequence[Sequence[Any]], first: int) -> None:
    """An integer has no way to say that it is missing."""
    for number, row in enumerate(cells):
        if any(cell != cell for cell in row):
            raise Unanswerable(first + number, "this model takes no missing values")
