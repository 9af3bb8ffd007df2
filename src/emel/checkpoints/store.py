"""Where checkpoints are kept: objects by their name, in a folder or in a bucket."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from emel.errors import ConfigError


class Stored(NamedTuple):
    """An object, and its size in bytes."""

    name: str
    bytes: int


class Store(Protocol):
    """Keeps objects by names with slashes. Errors of all calls: CheckpointError; OSError."""

    def list(self, prefix: str) -> Sequence[Stored]:
        """The objects whose names begin so, sorted by name."""
        ...

    def put(self, name: str, file: Path) -> None:
        """Keep a file's bytes under a name: whoever reads sees all of them, or none."""
        ...

    def get(self, name: str, target: Path) -> None:
        """Write an object's bytes into a file."""
        ...

    def remove(self, name: str) -> None:
        """Forget an object. Does nothing when it is absent."""
        ...


class FolderStore:
    """A folder of this machine, or one that it has mounted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list(self, prefix: str) -> Sequence[Stored]:
        found = []
        for folder, _, names in os.walk(self._folder):
            for path in (Path(folder) / name for name in names if not name.endswith(".part")):
                name = path.relative_to(self._folder).as_posix()
                if name.startswith(prefix):
                    found.append(Stored(name, path.stat().st_size))
        return sorted(found)

    def put(self, name: str, file: Path) -> None:
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(suffix=".part", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as copy, file.open("rb") as original:
                shutil.copyfileobj(original, copy)
                copy.flush()
                os.fsync(copy.fileno())
            Path(part).replace(target)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise

    def get(self, name: str, target: Path) -> None:
        shutil.copyfile(self._folder / name, target)

    def remove(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)


def open_store(url: str, endpoint: str | None) -> Store:
    """The store of a URL: `file:///folder`, or `s3://bucket/prefix` with the address of its service.

    Nothing is sent as yet. Errors: ConfigError for another URL, MissingExtraError without boto3.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return FolderStore(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        # Half a second to import, for those who have a bucket.
        from emel.checkpoints.bucket import open_bucket

        return open_bucket(parts.netloc, parts.path.strip("/"), endpoint)
    raise ConfigError(
        f"checkpoints cannot be kept at {url}",
        hint="set [checkpoint] url to s3://BUCKET/PREFIX or file:///FOLDER",
    )
