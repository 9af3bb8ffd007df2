"""The one place where a model is unpickled to be read, which runs whatever code the file holds.

(bundle/children/original_once.py loads it once more, to time that.) Run as a script by the project's own
interpreter, so it imports nothing but the standard library, `emel.lowering`, and what made the model. Reads
a task as JSON from standard input:

    {model, output, columns: [{name, type, missing, categories}], rows: [[…]]}

and writes to the folder `output` the file model.emel and result.json, which is one of

    {error: {kind, message, where, hint}}       kind is a class of emel.errors
    {columns: [name], form, description, labels, outputs, libraries, trained_with,
     rows, sample_rows, predictions, probabilities}

A library that prints may do so: nothing is read from standard output.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import math
import pickle
import sys
import warnings
from pathlib import Path
from typing import Any

from emel.errors import EmelError, ModelError, SampleError
from emel.lowering import Column, describe, lower
from emel.lowering.boundary import boundary_rows
from emel.lowering.original import Original, form_of

PACKAGES = ("scikit-learn", "numpy", "scipy", "joblib")


def main() -> None:
    """Carry out the task on standard input."""
    task = json.load(sys.stdin)
    output = Path(task["output"])
    try:
        result = carry_out(task, output / "model.emel")
    except EmelError as problem:
        kind = type(problem).__name__
        error = {"kind": kind, "message": problem.message, "where": problem.where, "hint": problem.hint}
        result = {"error": error}
    (output / "result.json").write_text(json.dumps(result), encoding="utf-8")


def carry_out(task: dict[str, Any], file: Path) -> dict[str, Any]:
    """Load, lower into `file`, and ask the original. Errors: ModelError, SampleError."""
    model, trained_with = load(Path(task["model"]))
    order = _order(model, [column["name"] for column in task["columns"]])
    columns = [_column(task["columns"][place]) for place in order]
    sample = [
        [_cell(row[place], column) for place, column in zip(order, columns, strict=True)]
        for row in task["rows"]
    ]
    lowered = lower(model, columns)
    file.write_bytes(lowered.data)
    original = Original(model, columns, probabilities=bool(lowered.labels) and lowered.outputs == 1)
    made = original.accepted(boundary_rows(lowered.notes, columns, sample))
    predictions, probabilities = original.answers(sample + made)
    return {
        "columns": [column.name for column in columns],
        "form": original.form,
        "description": describe(model),
        "labels": lowered.labels,
        "outputs": lowered.outputs,
        "libraries": _libraries(),
        "trained_with": trained_with,
        "rows": [
            [_value(cell, column) for cell, column in zip(row, columns, strict=True)] for row in sample + made
        ],
        "sample_rows": len(sample),
        "predictions": predictions,
        "probabilities": probabilities,
    }


def load(path: Path) -> tuple[Any, str | None]:
    """The object in a pickle or joblib file, and the scikit-learn it was trained with if that is another."""
    reader = _joblib_or_pickle()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with path.open("rb") as file:
                model = reader.load(file)
        except ModuleNotFoundError as problem:
            raise ModelError(
                f"loading the model needs the module {problem.name!r}, which is not installed",
                hint=f"install it for {sys.executable}, or name the interpreter that trained the model",
            ) from problem
        # Unpickling can raise anything, as it runs the file's own code.
        except Exception as problem:
            raise ModelError(
                f"the model cannot be loaded: {type(problem).__name__}: {_first_line(problem)}",
                hint="save it anew with joblib.dump, from classes that can be imported",
            ) from problem
    versions = [getattr(warning.message, "original_sklearn_version", None) for warning in caught]
    return model, next((version for version in versions if version), None)


def _joblib_or_pickle() -> Any:
    """joblib reads both kinds of file; without it only plain pickles can be read."""
    found = importlib.util.find_spec("joblib")
    return importlib.import_module("joblib") if found else pickle


def _order(model: Any, given: list[str]) -> list[int]:
    """Places in the sample of the columns that the model takes, in its order."""
    wanted = [str(name) for name in getattr(model, "feature_names_in_", ())]
    if not wanted:
        count = 1 if form_of(model) == "texts" else getattr(model, "n_features_in_", len(given))
        if count == len(given):
            return list(range(len(given)))
        raise SampleError(
            f"the model takes {count} columns, the sample has {len(given)}: {', '.join(given)}",
            hint="leave out what is no input, and name the column to predict as the target",
        )
    absent = [name for name in wanted if name not in given]
    if absent:
        extra = [name for name in given if name not in wanted]
        message = f"the sample lacks columns of the model: {', '.join(absent)}"
        if extra:
            message += f"; it has others: {', '.join(extra)}"
        raise SampleError(message, hint="take the sample from the data that the model was trained on")
    return [given.index(name) for name in wanted]


def _column(told: dict[str, Any]) -> Column:
    return Column(told["name"], told["type"], told["missing"], tuple(told["categories"] or ()))


def _cell(value: Any, column: Column) -> float | str | None:
    if column.type == "string":
        return None if value is None else str(value)
    return math.nan if value is None else float(value)


def _value(cell: float | str | None, column: Column) -> float | int | bool | str | None:
    """A cell as the signature's type has it."""
    if not isinstance(cell, float):
        return cell
    if math.isnan(cell):
        return None
    if column.type == "boolean":
        return bool(cell)
    return int(cell) if column.type == "integer" else cell


def _libraries() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _first_line(problem: Exception) -> str:
    return str(problem).strip().partition("\n")[0]


if __name__ == "__main__":
    main()
