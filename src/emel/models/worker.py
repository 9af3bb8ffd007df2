"""The one place where a model is unpickled to be read, which runs whatever code the file holds.

Run as a script by the project's own interpreter, so it imports nothing but the standard library, what of emel
needs no more than that, and what made the model. What reads a kind of file, and the library that it needs, is
loaded by its name in FORMATS when a task asks for it: beside the tables of commands and of clouds this is the
third place where imports are late. Reads a task as JSON from standard input:

    {output, folders, trusted, model, kind, tier, file,
     columns: [{name, type, missing, categories}], rows: [[…]]}
    {output, folders, trusted, frame, kind}     a table of rows, in a kind of file that pandas reads

and writes to the folder `output` the `file` that the tier's function opens, and result.json, which is one of

    {error: {kind, message, where, hint}}       kind is a class of emel.errors
    {columns: [name], form, description, labels, outputs, libraries, trained_with: {library: version},
     rows, sample_rows, near_splits: {row: [column, threshold]}, predictions, probabilities, engine,
     requirements, sources, original: {cpu_seconds, peak_rss_bytes}}
    {columns: [{name, values}]}                 of a frame

A library that prints may do so: nothing is read from standard output.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import math
import re
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from emel.errors import EmelError, ModelError, SampleError, UnsupportedModelError
from emel.lowering import Column, Made, describe
from emel.lowering.boundary import boundary_rows
from emel.lowering.coarse import Splits
from emel.lowering.original import Original, Row, form_of
from emel.system.memory import peak_bytes

PACKAGES = ("scikit-learn", "numpy", "scipy", "joblib")
FORMATS = {
    "pickle": "pickle_file",
    "skops": "skops_file",
    "lightgbm": "lightgbm_file",
    "xgboost": "xgboost_file",
    "catboost": "catboost_file",
    "onnx": "onnx_file",
    "torch": "torch_file",
    "predictor": "predictor_file",
    "frame": "frame_file",
}
"""Kind of file → the module of `formats/` whose `read` opens it."""
TIERS = {"pure": "pure_tier", "onnx": "onnx_tier", "python": "python_tier"}
"""Tier → the module of `tiers/` whose `make` makes what its function opens."""
OWN_ENGINES = ("onnx", "torch", "predictor")
"""Kinds of files whose library the function carries itself, so that there is no other to measure."""
GRAPHS = "graph_tier"
"""That of the onnx tier for models that are graphs by themselves, and need no converter."""
UNNAMED = re.compile(r"(?:Column_|f)?\d+")
"""What boosters call columns that came without a name."""
AGAIN = (
    "copy it anew if it was cut off; or save it anew, from classes that can be imported, with the library "
    "versions in use here"
)
TIE = 1e-5
WRITTEN_BY = {
    "xgboost": rb'"version":\s*\[(\d+),\s*(\d+),\s*(\d+)\]|version\[#L\0{7}\x03[iU](.)[iU](.)[iU](.)',
    "catboost": rb"CatBoost release (\d+)\.(\d+)\.?(\d*)",
}
"""Library → where its files, and pickles of its models, say which version wrote them: XGBoost's in JSON or in
UBJSON (https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html), CatBoost's in metadata."""
BOOSTERS = ("catboost", "lightgbm", "torch", "xgboost")
"""Packages of the same name as their module; told of where the model made Python load them."""


def main() -> None:
    """Carry out the task on standard input."""
    task = json.load(sys.stdin)
    output = Path(task["output"])
    # Last, so that a file of the user's called json.py or numpy.py hides nothing.
    sys.path += task["folders"]
    try:
        result = table(task) if "frame" in task else carry_out(task, output / task["file"])
    except EmelError as problem:
        kind = type(problem).__name__
        error = {"kind": kind, "message": problem.message, "where": problem.where, "hint": problem.hint}
        result = {"error": error}
    (output / "result.json").write_text(json.dumps(result), encoding="utf-8")


def carry_out(task: dict[str, Any], file: Path) -> dict[str, Any]:
    """Load, make what the tier's function opens into `file`, and ask the original.

    Errors: ModelError, UnsupportedModelError, SampleError.
    """
    began = time.process_time()
    model, trained_with = load(Path(task["model"]), task["kind"], trusted=task["trusted"])
    order = _order(model, [column["name"] for column in task["columns"]])
    columns = [_column(task["columns"][place]) for place in order]
    sample = [
        [_cell(row[place], column) for place, column in zip(order, columns, strict=True)]
        for row in task["rows"]
    ]
    cost = None if task["kind"] in OWN_ENGINES else _cost(model, columns, sample, began)
    made = _made(task["tier"], model, columns, sample, Path(task["model"]))
    file.write_bytes(made.data)
    original = Original(model, columns, probabilities=bool(made.labels) and made.outputs == 1)
    # Converters write for float32, which can neither tell a threshold from its neighbours nor break a tie.
    coarse = task["tier"] == "onnx"
    near: dict[int, tuple[str, float]] = {}
    beside = boundary_rows(made.notes, columns, sample, coarse=coarse)
    if coarse:
        splits = Splits(made.notes, columns, sample)
        near = {number: found for number, row in enumerate(sample) if (found := splits.near(row))}
        beside = _decided(original.accepted(splits.cleared(beside)), original)
    else:
        beside = original.accepted(beside)
    predictions, probabilities = original.answers(sample + beside)
    return {
        "columns": [column.name for column in columns],
        "form": original.form,
        "description": describe(model),
        "labels": made.labels,
        "outputs": made.outputs,
        "engine": made.engine,
        "requirements": made.requirements,
        "sources": made.sources,
        "libraries": _libraries(),
        "trained_with": trained_with,
        "rows": [
            [_value(cell, column) for cell, column in zip(row, columns, strict=True)]
            for row in sample + beside
        ],
        "sample_rows": len(sample),
        "near_splits": near,
        "predictions": predictions,
        "probabilities": probabilities,
        "original": cost,
    }


def table(task: dict[str, Any]) -> dict[str, Any]:
    """The columns of a frame, each with its values. Errors: SampleError."""
    try:
        columns, _ = load(Path(task["frame"]), task["kind"], trusted=task["trusted"])
    except ModelError as problem:
        raise SampleError(problem.message, hint=problem.hint) from problem
    return {"columns": columns}


def load(path: Path, kind: str, *, trusted: bool) -> tuple[Any, dict[str, str]]:
    """What a file holds, and the libraries that it was trained with, as far as it tells them.

    Errors: ModelError.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            loaded = _part("formats", FORMATS[kind]).read(path, trusted=trusted)
        except EmelError:
            raise
        except ModuleNotFoundError as problem:
            raise ModelError(
                f"loading the file needs the module {problem.name!r}, which is not installed",
                hint=f"install it for {sys.executable}, or name the interpreter that trained the model",
            ) from problem
        # Unpickling can raise anything, as it runs the file's own code.
        except Exception as problem:
            raise ModelError(
                f"the file cannot be loaded: {type(problem).__name__}: {_first_line(problem)}",
                hint=AGAIN if kind == "pickle" else "copy or save it anew: it may be cut off or damaged",
            ) from problem
    told = [getattr(warning.message, "original_sklearn_version", None) for warning in caught]
    version = next((one for one in told if one), None)
    return loaded, {**_boosters_in(path), **({"scikit-learn": version} if version else {})}


def _cost(model: Any, columns: list[Column], sample: list[Row], began: float) -> dict[str, float]:
    """What this process took since `began` to load the model with its libraries and to answer one row."""
    Original(model, columns, probabilities=False).accepted(sample[:1])
    return {"cpu_seconds": time.process_time() - began, "peak_rss_bytes": peak_bytes()}


def _boosters_in(path: Path) -> dict[str, str]:
    """The versions of the boosting libraries that wrote the file, as far as these tell; LightGBM does not."""
    data = path.read_bytes()
    found = {
        library: match
        for library, pattern in WRITTEN_BY.items()
        if library in sys.modules and (match := re.search(pattern, data, re.DOTALL))
    }
    return {
        # Text is a version as it stands; the bytes of the binary form are its numbers.
        library: b".".join(
            part if part.isdigit() else b"%d" % part[0] for part in match.groups() if part
        ).decode()
        for library, match in found.items()
    }


def _decided(rows: list[Row], original: Original) -> list[Row]:
    """The rows whose two most probable labels are not as good as equal."""
    _, probabilities = original.answers(rows) if rows else ([], None)
    if probabilities is None:
        return rows
    likely = [sorted(shares)[-2:] for shares in probabilities]
    return [row for row, (second, first) in zip(rows, likely, strict=True) if first - second > TIE]


def _made(tier: str, model: Any, columns: list[Column], sample: list[Row], source: Path) -> Made:
    try:
        graph = tier == "onnx" and hasattr(model, "graph")
        maker = _part("tiers", GRAPHS if graph else TIERS[tier])
    except ModuleNotFoundError as problem:
        raise UnsupportedModelError(
            f"the tier {tier} needs the module {problem.name!r} to convert the model, which is not installed",
            hint=f"install it for {sys.executable}",
        ) from problem
    made: Made = maker.make(model, columns, sample, source)
    return made


def _part(folder: str, name: str) -> Any:
    """A module of `formats/` or `tiers/`, by its place: the package around it needs what a project lacks."""
    place = Path(__file__).parent / folder / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"emel_{folder}_{name}", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _order(model: Any, given: list[str]) -> list[int]:
    """Places in the sample of the columns that the model takes, in its order."""
    wanted = _names(model)
    if not wanted:
        count = 1 if form_of(model) == "texts" else getattr(model, "n_features_in_", None) or len(given)
        if count == len(given):
            return list(range(len(given)))
        raise SampleError(
            f"the model takes {count} columns, the sample has {len(given)}: {', '.join(given)}",
            hint="leave out what is no input, and name the column to predict as the target",
        )
    # LightGBM writes a space in a name as an underscore.
    places = {name.replace(" ", "_"): place for place, name in enumerate(given)}
    places |= {name: place for place, name in enumerate(given)}
    absent = [name for name in wanted if name not in places]
    if absent:
        extra = [name for name in given if name not in wanted]
        message = f"the sample lacks columns of the model: {', '.join(absent)}"
        if extra:
            message += f"; it has others: {', '.join(extra)}"
        raise SampleError(message, hint="take the sample from the data that the model was trained on")
    return [places[name] for name in wanted]


def _names(model: Any) -> list[str]:
    """The columns of the model if it was trained on named ones: as scikit-learn, CatBoost and the boosters of
    XGBoost and LightGBM tell them."""
    for attribute in ("feature_names_in_", "feature_names_", "feature_names", "feature_name"):
        told = getattr(model, attribute, None)
        names = [str(name) for name in _listed(told)]
        if names and not all(UNNAMED.fullmatch(name) for name in names):
            return names
    return []


def _listed(told: Any) -> list[Any]:
    told = told() if callable(told) else told
    return [] if told is None else list(told)


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
    # The package may be called otherwise, as xgboost-cpu is.
    return {**found, **{name: str(sys.modules[name].__version__) for name in BOOSTERS if name in sys.modules}}


def _first_line(problem: Exception) -> str:
    return str(problem).strip().partition("\n")[0]


if __name__ == "__main__":
    main()
