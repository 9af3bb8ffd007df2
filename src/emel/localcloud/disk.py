"""What the store does to the disk: each call is done whole, or leaves what a next one can clear away."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from emel.localcloud.unpack import unpack
from emel.system.files import write_atomic


class Disk(Protocol):
    """The effects of the store."""

    def write(self, path: Path, data: bytes) -> None:
        """Put a file there, whole. Errors: OSError."""
        ...

    def unpack(self, bundle: Path, target: Path, mounts: Mapping[str, Path]) -> None:
        """Unpack a bundle's zip into a new folder, with what it mounts, whole.

        Errors: PlatformError, OSError.
        """
        ...

    def remove(self, path: Path) -> None:
        """Remove a file, or a folder with all that is in it, which is gone at once."""
        ...


class SystemDisk:
    """The disk of this machine."""

    def write(self, path: Path, data: bytes) -> None:
        write_atomic(path, data)

    def unpack(self, bundle: Path, target: Path, mounts: Mapping[str, Path]) -> None:
        unpack(bundle, target, mounts)

    def remove(self, path: Path) -> None:
        if not path.is_dir():
            path.unlink(missing_ok=True)
            return
        # Renamed first: half a folder must not be taken for one.
        doomed = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=path.parent))
        path.replace(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
