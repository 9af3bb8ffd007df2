"""Pickles of all protocols, and what joblib writes."""

from __future__ import annotations

import importlib
import importlib.util
import pickle
from pathlib import Path
from typing import Any


def read(path: Path, *, trusted: bool) -> Any:
    """The object in the file. This runs whatever code the file holds, so it must be `trusted`."""
    if not trusted:
        raise ValueError("pickles are not allowed here")
    # joblib reads both kinds of file; without it only plain pickles can be read.
    found = importlib.util.find_spec("joblib")
    reader: Any = importlib.import_module("joblib") if found else pickle
    with path.open("rb") as file:
        return reader.load(file)
