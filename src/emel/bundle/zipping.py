"""The zip itself: the same files make the same bytes, whatever the order, dates and modes they come in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from emel.system.files import write_atomic

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first date that a zip can hold."""


def write_zip(output: Path, files: Mapping[str, bytes], last: str) -> None:
    """Write a zip of path and content, in the order of the paths but for `last`. Errors: OSError."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files, key=lambda name: (name == last, name)):
            archive.writestr(_entry(name), files[name])
    write_atomic(output, buffer.getvalue())


def replace_last(path: Path, data: bytes) -> None:
    """Give the last file of a zip another content. The others stay as they are, and are not compressed anew:
    libraries of 100 MB would take longer for that than for all that is measured of them. Errors: OSError."""
    with zipfile.ZipFile(path) as archive:
        *kept, old = sorted(archive.infolist(), key=lambda entry: entry.header_offset)
    buffer = io.BytesIO(path.read_bytes()[: old.header_offset])
    buffer.seek(0, io.SEEK_END)
    # A zip that is written to an open file begins where that stands; what lies before needs only be listed.
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.filelist.extend(kept)
        archive.writestr(_entry(old.filename), data)
    write_atomic(path, buffer.getvalue())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EARLIEST)
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
