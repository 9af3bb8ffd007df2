"""What a file looks like, before anything in it is run."""

from __future__ import annotations

from pathlib import Path

from emel.errors import ModelError

PICKLES = (b"\x80", b"\x78", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x5d\x00", b"\x04\x22\x4d\x18")
"""How pickles begin (protocol 2 and up), and the compressions of joblib: zlib, gzip, bz2, xz, lzma, lz4."""
OTHERS = {
    b"PK\x03\x04": "a zip archive, as PyTorch, Keras and skops write them",
    b"\x89HDF": "an HDF5 file, as older Keras writes them",
    b"version https://git-lfs": "a pointer of Git LFS; the file itself was not fetched",
    b"tree\n": "a LightGBM text model",
    b"{": "JSON",
    b"outs:": "a pointer of DVC; the file itself was not pulled",
    b"PAR1": "a Parquet file",
    b"\x93NUMPY": "a NumPy array",
}


def require_pickle(path: Path) -> None:
    """Errors: ModelError when there is no file, or it does not begin as pickle and joblib files do."""
    where = str(path)
    try:
        with path.open("rb") as file:
            start = file.read(32)
    except FileNotFoundError:
        raise ModelError(
            "there is no such model file",
            where=where,
            hint="check the path, or run the pipeline that writes it",
        ) from None
    except OSError as problem:
        raise ModelError(
            f"the model file cannot be read: {problem.strerror}", where=where, hint="check the path"
        ) from problem
    if start.startswith(PICKLES):
        return
    raise ModelError(
        f"this is no pickle or joblib file; it looks like {_likeness(path, start)}",
        where=where,
        hint="save the fitted model with joblib.dump",
    )


def _likeness(path: Path, start: bytes) -> str:
    if not start:
        return "an empty file"
    if path.suffix == ".onnx":
        return "an ONNX model"
    for beginning, name in OTHERS.items():
        if start.startswith(beginning):
            return name
    return "text" if start.isascii() and start.replace(b"\n", b"").replace(b"\r", b"") else "something else"
