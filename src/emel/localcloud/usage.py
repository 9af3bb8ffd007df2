"""The counters of each version on disk, so that they outlive the server."""

from __future__ import annotations

from pathlib import Path

import msgspec

from emel.localcloud.meter import Counters
from emel.system.files import write_atomic


def read_usage(folder: Path, function: str, number: int) -> Counters:
    """The counters of a version as they were last written; zeros when they never were, or are damaged."""
    try:
        return msgspec.json.decode(_file(folder, function, number).read_bytes(), type=Counters)
    except (FileNotFoundError, msgspec.DecodeError):
        return Counters()


def write_usage(folder: Path, function: str, number: int, counters: Counters) -> None:
    write_atomic(_file(folder, function, number), msgspec.json.encode(counters))


def _file(folder: Path, function: str, number: int) -> Path:
    return folder / "usage" / function / f"{number}.json"
