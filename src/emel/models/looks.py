"""What a model file is, told by its first bytes, before anything in it is run."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from emel.errors import ModelError
from emel.models import mlflow

Kind = Literal["pickle", "skops", "lightgbm", "xgboost", "catboost", "onnx", "torch", "predictor"]


class ModelFile(NamedTuple):
    """A model file, and what reads it."""

    path: Path
    """The file itself; of an MLflow model, the one inside of its folder."""
    kind: Kind
    folders: tuple[Path, ...]
    """Where the classes that a pickle names may lie: beside the model, or an MLflow model's own code."""
    trained_with: Mapping[str, str] = {}
    """Library → version, of an MLflow model."""


PICKLES = (b"\x80", b"\x78", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x5d\x00", b"\x04\x22\x4d\x18")
"""How pickles begin (protocol 2 and up), and the compressions of joblib: zlib, gzip, bz2, xz, lzma, lz4."""
OLD_PICKLE = re.compile(rb"c[A-Za-z_][\w.]*\n[A-Za-z_]\w*\n")
"""How an object begins in protocols 0 and 1: with the name of what makes it."""
STARTS: dict[Kind, Callable[[bytes], bool]] = {
    "pickle": lambda start: start.startswith(PICKLES) or bool(OLD_PICKLE.match(start)),
    "lightgbm": lambda start: start.startswith(b"tree\nversion="),
    "xgboost": lambda start: bool(re.match(rb'\{\s*"learner"|\{L\0{7}\x07learner', start)),
    "catboost": lambda start: start.startswith(b"CBM1") or bool(re.match(rb'\{\s*"features_info"', start)),
    # A protobuf message whose first field is `ir_version`, a small number, as in every exporter's files.
    "onnx": lambda start: bool(re.match(rb"\x08[\x01-\x20][\x12\x1a\x22\x2a\x3a\x42]", start)),
}
"""Kind → does a file of it begin so? None begins as two do. (skops and PyTorch write zips: see _zipped.)"""
ZIP = b"PK\x03\x04"
MEMBERS: dict[Kind, tuple[str, ...]] = {"skops": ("schema.json",), "torch": ("archive_format", "data.pkl")}
"""Kind → a file that its zip archives hold; those of PyTorch are one folder down."""
SUFFIXES: dict[str, tuple[Kind, ...]] = {
    ".joblib": ("pickle",),
    ".pkl": ("pickle",),
    ".pickle": ("pickle",),
    ".skops": ("skops",),
    ".txt": ("lightgbm",),
    ".ubj": ("xgboost",),
    ".bst": ("xgboost",),
    ".json": ("xgboost", "catboost"),
    ".cbm": ("catboost",),
    ".onnx": ("onnx",),
    ".pt2": ("torch",),
    ".pt": ("torch",),
    ".pth": ("torch",),
}
"""What a name promises. Others, such as .model and .bin, promise nothing."""
NAMES: dict[Kind, str] = {
    "pickle": "a pickle or joblib file",
    "skops": "a skops file",
    "lightgbm": "a LightGBM model",
    "xgboost": "an XGBoost model",
    "catboost": "a CatBoost model",
    "onnx": "an ONNX model",
    "torch": "a PyTorch model",
}
OTHERS = {
    ZIP: "a zip archive, as Keras writes them",
    b"\x89HDF": "an HDF5 file, as older Keras writes them",
    b"version https://git-lfs": "a pointer of Git LFS; the file itself was not fetched",
    b'{"name": "tree"': "a dump of LightGBM, which LightGBM itself cannot read back; call save_model",
    b"{": "JSON, but no model of XGBoost or CatBoost",
    b"outs:": "a pointer of DVC; the file itself was not pulled",
    b"PAR1": "a Parquet file",
    b"\x93NUMPY": "a NumPy array",
    b"binf": "an XGBoost model in the format before version 3; save it anew as JSON or UBJ",
}
SAFE = "skops, LightGBM (.txt), XGBoost (.json, .ubj), CatBoost (.cbm, .json), ONNX"
"""Formats that hold numbers and names, and no code."""


def look(path: Path) -> ModelFile:
    """What the file is, or the folder of an MLflow model. Nothing of it is loaded.

    Errors: ModelError when there is no such file, when it is of no known kind, or of another than its name
    says.
    """
    if path.is_dir() or path.name == mlflow.FILE:
        found = mlflow.unwrap(path if path.is_dir() else path.parent)
        return ModelFile(found.path, _kind(found.path), found.folders, found.trained_with)
    return ModelFile(path, _kind(path), (path.absolute().parent,))


def require_safe(file: ModelFile) -> None:
    """Errors: ModelError when loading the file could run code of its own."""
    if file.kind == "predictor":
        raise ModelError(
            "a Predictor is code, and code is not allowed here",
            where=str(file.path),
            hint="package the model file by itself",
        )
    if file.kind in ("pickle", "torch"):
        raise ModelError(
            f"this is {NAMES[file.kind]}, which runs code when it is loaded, and that is not allowed here",
            where=str(file.path),
            hint=f"save the model in a format that holds no code: {SAFE}",
        )


def _kind(path: Path) -> Kind:
    start = _start(path)
    kind = next((kind for kind, begins in STARTS.items() if begins(start)), None)
    if start.startswith(ZIP):
        kind = _zipped(path)
    promised = SUFFIXES.get(path.suffix.lower(), tuple(NAMES))
    if kind in promised:
        return kind
    told = " or ".join(NAMES[one] for one in promised) if path.suffix.lower() in SUFFIXES else "a known model"
    likeness = NAMES[kind] if kind else _likeness(start, path)
    raise ModelError(
        f"this should be {told}, going by its name; it looks like {likeness}",
        where=str(path),
        hint="give the file its right name"
        if kind
        else "save the fitted model anew, by joblib.dump, skops, or its own library",
    )


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(512)
    except FileNotFoundError:
        raise ModelError(
            "there is no such model file",
            where=str(path),
            hint="check the path, or run the pipeline that writes it",
        ) from None
    except OSError as problem:
        raise ModelError(
            f"the model file cannot be read: {problem.strerror}", where=str(path), hint="check the path"
        ) from problem


def _zipped(path: Path) -> Kind | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.rpartition("/")[2] for name in archive.namelist()]
    except (OSError, zipfile.BadZipFile):
        return None
    return next((kind for kind, members in MEMBERS.items() if not set(members).isdisjoint(names)), None)


def _likeness(start: bytes, path: Path) -> str:
    if not start:
        return "an empty file"
    if start.startswith(ZIP) and not zipfile.is_zipfile(path):
        return "a zip archive that is cut off"
    for beginning, name in OTHERS.items():
        if start.startswith(beginning):
            return name
    return "text" if start.isascii() and start.replace(b"\n", b"").replace(b"\r", b"") else "something else"
