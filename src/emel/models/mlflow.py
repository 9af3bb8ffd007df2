"""The folder of an MLflow model: which file in it is the model.

The file MLmodel is YAML as `yaml.safe_dump` writes it, one key a line, so that what is needed of it can be
read without a YAML library: `flavors:`, two spaces and a flavour, four spaces and a key with its value.
https://mlflow.org/docs/latest/ml/model/#model-signatures-and-the-mlmodel-file
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from emel.errors import ModelError, UnsupportedModelError

FILE = "MLmodel"
FILE_KEYS = {
    "sklearn": "pickled_model",
    "lightgbm": "data",
    "xgboost": "data",
    "catboost": "data",
    "onnx": "data",
}
"""Flavour → the key that names its file. A flavour of the model's own library is preferred to pyfunc."""
VERSION_KEYS = {
    "sklearn_version": "scikit-learn",
    "lgb_version": "lightgbm",
    "xgb_version": "xgboost",
    "catboost_version": "catboost",
}
"""Key of a flavour → the library whose version it holds."""
PYFUNC = "python_function"
PYFUNC_KEYS = ("model_path", "data")


class Unwrapped(NamedTuple):
    """The model file of an MLflow model, the folders of the code that was saved with it, and the versions of
    the libraries that made it."""

    path: Path
    folders: tuple[Path, ...]
    trained_with: dict[str, str]


def unwrap(folder: Path) -> Unwrapped:
    """The model inside of an MLflow folder, as its own library wrote it.

    A pyfunc whose loader is one of the flavours above is that flavour. Errors: ModelError when this is no
    MLflow model; UnsupportedModelError when it holds Python code of the user's around the model.
    """
    flavors = _flavors(folder)
    for flavor, key in FILE_KEYS.items():
        if key in flavors.get(flavor, {}):
            return _found(folder, flavors[flavor], key)
    pyfunc = flavors.get(PYFUNC, {})
    loader = pyfunc.get("loader_module", "")
    for key in PYFUNC_KEYS:
        if loader.removeprefix("mlflow.") in FILE_KEYS and key in pyfunc:
            return _found(folder, pyfunc, key)
    held = f"a pyfunc of {loader}" if pyfunc else ", ".join(flavors) or "no flavour"
    raise UnsupportedModelError(
        f"this MLflow model is {held}; emel reads the flavours {', '.join(FILE_KEYS)}",
        where=str(folder / FILE),
        hint="log the fitted model itself with one of these flavours",
    )


def _found(folder: Path, flavor: dict[str, str], key: str) -> Unwrapped:
    path = folder / flavor[key]
    # The onnx and catboost flavours, and older versions of others, name a folder with one file.
    inside = sorted(path.iterdir()) if path.is_dir() else [path]
    if len(inside) != 1:
        raise ModelError(
            f"{flavor[key]} holds {len(inside)} files, not the model alone",
            where=str(folder / FILE),
            hint="log the model anew",
        )
    code = flavor.get("code", "null")
    folders = (folder.absolute(), *([folder.absolute() / code] if code != "null" else []))
    versions = {library: flavor[key] for key, library in VERSION_KEYS.items() if key in flavor}
    return Unwrapped(inside[0], folders, versions)


def _flavors(folder: Path) -> dict[str, dict[str, str]]:
    """Flavour → its keys and values, as text."""
    try:
        lines = (folder / FILE).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise ModelError(
            f"this is a folder, and no MLflow model: {FILE} cannot be read",
            where=str(folder),
            hint="name the model file itself",
        ) from problem
    found: dict[str, dict[str, str]] = {}
    inside, flavor = False, ""
    for line in lines:
        depth = len(line) - len(line.lstrip(" "))
        key, colon, value = line.strip().partition(":")
        if not depth:
            inside = line.startswith("flavors:")
        elif inside and colon and depth == 2:
            flavor = key
            found[flavor] = {}
        elif inside and colon and depth == 4 and flavor:
            found[flavor][key] = value.strip().strip("'\"")
    return found
