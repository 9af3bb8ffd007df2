"""Tables of rows in files that pandas reads: Parquet and pickled frames."""

from __future__ import annotations

import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import joblib
import pandas

from emel.errors import SampleError

PARQUET = b"PAR1"


def read(path: Path, *, trusted: bool) -> list[dict[str, Any]]:
    """The columns in order, each with its name and its values as JSON has them; what is missing is None.

    A file that is not `trusted` must be Parquet. Errors: SampleError.
    """
    with path.open("rb") as file:
        parquet = file.read(4) == PARQUET
    if not parquet and not trusted:
        raise pickle.UnpicklingError("pickles are not allowed here")
    frame = pandas.read_parquet(path) if parquet else joblib.load(path)
    if not isinstance(frame, pandas.DataFrame):
        raise SampleError(
            f"the file holds {type(frame).__name__}, not a table", hint="save a pandas.DataFrame"
        )
    names = [str(name) for name in frame.columns]
    return [
        {"name": name, "values": [_plain(value) for value in frame.iloc[:, place].tolist()]}
        for place, name in enumerate(names)
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | Decimal):
        return None if value != value else float(value)
    # Lists and arrays have no single answer to whether they are missing.
    if value is None or (pandas.api.types.is_scalar(value) and pandas.isna(value)):
        return None
    if isinstance(value, list | tuple | dict) or hasattr(value, "__array__"):
        raise SampleError(
            f"a cell holds {type(value).__name__}", hint="keep only columns of numbers, texts and booleans"
        )
    return str(value)
