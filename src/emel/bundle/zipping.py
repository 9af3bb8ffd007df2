"""The zip itself: the same files make the same bytes, whatever the order, dates and modes they come in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from emel.system.files import write_atomic

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first date that a zip can hold."""


def write_zip(output: Path, files: Mapping[str, bytes]) -> None:
    """Write a zip of path and content. Errors: OSError."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    write_atomic(output, buffer.getvalue())
