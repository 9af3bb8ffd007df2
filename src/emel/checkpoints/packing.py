"""Files into one archive, and back into their places."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from emel.errors import CheckpointError

Look = dict[str, tuple[int, int, int]]
"""Each file: its number on the disk, its size, and when it was last written, in nanoseconds."""


def pack(root: Path, paths: Sequence[str], target: Path) -> str | None:
    """Write the files and folders `paths`, relative to `root`, into a tar archive, and return its digest.

    None when there is nothing at these paths, or when a file was written meanwhile: then it is of no use.
    Errors: CheckpointError for a path that leaves `root`; OSError.
    """
    before = _look(root, paths)
    if not before:
        return None
    try:
        with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
            for path in sorted(before):
                archive.add(root / path, arcname=path, recursive=False, filter=_without_owner)
    except FileNotFoundError:
        return None
    if _look(root, paths) != before:
        return None
    with target.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def unpack(archive: Path, root: Path) -> tuple[str, ...]:
    """Put what an archive holds into the places that it came from, and return its files.

    Each is put there whole: whoever looks sees the old file or the new one. Files that it does not hold
    stay. Errors: CheckpointError when it is none of ours; OSError.
    """
    # On the same disk, where a file can be put into its place by its name alone.
    state = root / ".emel"
    state.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="checkpoint-", dir=state) as folder:
        try:
            with tarfile.open(archive) as opened:
                opened.extractall(folder, filter="data")
        except tarfile.TarError as problem:
            raise CheckpointError(
                f"the checkpoint is no archive that could be unpacked: {problem}"
            ) from problem
        found = sorted(path for path in Path(folder).rglob("*") if not path.is_dir())
        for path in found:
            target = root / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            path.replace(target)
        return tuple(path.relative_to(folder).as_posix() for path in found)


def set_aside(root: Path, paths: Sequence[str]) -> bool:
    """Move what is at the paths to .emel/set-aside, in the place of what was moved there before.

    False when there is nothing. Errors: CheckpointError for a path that leaves `root`; OSError.
    """
    moved = False
    for path in paths:
        place = root / _below(root, path)
        if not place.exists() and not place.is_symlink():
            continue
        target = root / ".emel" / "set-aside" / place.relative_to(root)
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        place.replace(target)
        moved = True
    return moved


def last_change(root: Path, paths: Sequence[str]) -> float | None:
    """When one of the files was last written, in seconds since 1970. None when there are none."""
    times = [written for _, _, written in _look(root, paths).values()]
    return max(times) / 1e9 if times else None


def _look(root: Path, paths: Sequence[str]) -> Look:
    found: Look = {}
    for path in paths:
        for file in _files(root / _below(root, path)):
            try:
                state = file.lstat()
            except FileNotFoundError:
                continue
            found[file.relative_to(root).as_posix()] = (state.st_ino, state.st_size, state.st_mtime_ns)
    return found


def _below(root: Path, path: str) -> PurePosixPath:
    inside = PurePosixPath(os.path.normpath(path))
    if inside.is_absolute() or ".." in inside.parts or not inside.parts:
        raise CheckpointError(f"{path} is not below {root}", hint="name paths below the folder of emel.toml")
    return inside


def _files(path: Path) -> Iterator[Path]:
    if path.is_symlink() or path.is_file():
        yield path
    elif path.is_dir():
        for folder, folders, names in os.walk(path):
            links = [name for name in folders if (Path(folder) / name).is_symlink()]
            yield from (Path(folder) / name for name in (*names, *links))


def _without_owner(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Another machine has other users."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
