"""The counters of a function's versions on disk, so that they outlive the server, which alone writes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from emel.localcloud.meter import Counters, total
from emel.system.files import write_atomic

KEPT_VERSIONS = 40
"""Of how many versions the counters are kept apart, the newest; those of older ones are added up."""


class FunctionUsage(msgspec.Struct):
    """What a function was used for."""

    versions: dict[int, Counters] = {}
    earlier: Counters = msgspec.field(default_factory=Counters)
    """The sum of all older versions."""

    def total(self) -> Counters:
        """The sum over all versions."""
        return total((*self.versions.values(), self.earlier))


def read_usage(folder: Path, function: str) -> FunctionUsage:
    """What was last written; zeros when nothing ever was, or it cannot be read: that fails no request."""
    try:
        return _read(folder, function)
    except OSError:
        return FunctionUsage()


def write_usage(folder: Path, function: str, changed: Mapping[int, Counters]) -> None:
    """Put the counters of some versions in the place of what was there. Errors: OSError."""
    # What cannot be read now must not be written over.
    usage = _read(folder, function)
    usage.versions.update(changed)
    old = [number for number in sorted(usage.versions)[:-KEPT_VERSIONS] if number not in changed]
    usage.earlier = total((usage.earlier, *(usage.versions.pop(number) for number in old)))
    write_atomic(_file(folder, function), msgspec.json.encode(usage))


def _read(folder: Path, function: str) -> FunctionUsage:
    """Errors: OSError."""
    try:
        return msgspec.json.decode(_file(folder, function).read_bytes(), type=FunctionUsage)
    except (FileNotFoundError, msgspec.DecodeError):
        return FunctionUsage()


def _file(folder: Path, function: str) -> Path:
    return folder / "usage" / f"{function}.json"
