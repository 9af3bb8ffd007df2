"""Files: written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path, PurePosixPath


class FileOutsideError(OSError):
    """A path that leads out of the folder that it was to stay in."""


def write_atomic(path: Path, data: bytes | str, mode: int = 0o644) -> None:
    """Write a file so that a reader, or a crash at any moment, sees the old or the new one whole.

    Folders above it are made. Errors: OSError (disk full, no permission); the old file is then untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = data.encode("utf-8") if isinstance(data, str) else data
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink()
        raise


def copy_atomic(source: Path, target: Path) -> None:
    """As `write_atomic`, with the content of another file, of which no more than a piece is in memory."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        shutil.copyfile(source, temporary)
        temporary.chmod(0o644)
        temporary.replace(target)
    except BaseException:
        temporary.unlink()
        raise


def read_below(folder: Path, path: str, *, limit: int) -> bytes:
    """A regular file of the tree below `folder`, whose own path is trusted, and nothing from elsewhere.

    Links are not followed, at any depth, and nothing can be put in between while it is read. Errors:
    FileOutsideError for a path that leaves the folder, is absolute or goes over a link; OSError;
    ValueError when the file has more than `limit` bytes or is none.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\0" in path:
        raise FileOutsideError(f"{path} is not below {folder}")
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for position, name in enumerate(parts):
            last = position == len(parts) - 1
            # A pipe would keep us waiting for who writes to it.
            kind = os.O_NONBLOCK if last else os.O_DIRECTORY
            below = _open_here(opened, name, kind, path)
            os.close(opened)
            opened = below
        state = os.fstat(opened)
        if not stat.S_ISREG(state.st_mode):
            raise ValueError(f"{path} is no file")
        if state.st_size > limit:
            raise ValueError(f"{path} has {state.st_size:,} bytes, more than {limit:,}")
        with os.fdopen(os.dup(opened), "rb") as file:
            return file.read(limit)
    finally:
        os.close(opened)


def _open_here(folder: int, name: str, kind: int, path: str) -> int:
    try:
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | kind, dir_fd=folder)
    except OSError as problem:
        # What a link answers to O_NOFOLLOW depends on whether a folder was wanted.
        if problem.errno in (errno.ELOOP, errno.ENOTDIR) and _is_link(folder, name):
            raise FileOutsideError(f"{path} goes over a link") from problem
        raise OSError(problem.errno, problem.strerror, path) from problem


def _is_link(folder: int, name: str) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)


def sha256_of(path: Path) -> str:
    """The digest of a file as `sha256:` and 64 hexadecimal digits."""
    with path.open("rb") as file:
        return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
