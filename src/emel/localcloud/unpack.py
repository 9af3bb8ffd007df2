"""A bundle's zip, checked and unpacked: whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from emel.errors import PlatformError

UNPACKED_LIMIT = 680 * 2**20
"""Bytes. What Yandex Cloud Functions takes (its documentation, «Limits», read November 2026)."""


STORAGE = ".storage"


def unpack(bundle: Path, target: Path, mounts: Mapping[str, Path]) -> None:
    """Unpack a bundle into the new folder `target`, which appears with all its files or not at all.

    `mounts` are files to put into the folder STORAGE below it, by their paths there: where a cloud mounts a
    bucket, the local platform has copies that last as long as the bundle.

    Errors: PlatformError when the file is no zip, holds a path that leads out of the folder, lacks
    `handler.py` or `manifest.json`, or is too large; OSError when the disk is full.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(target)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name[:16]}.", suffix=".part", dir=target.parent))
    try:
        with zipfile.ZipFile(bundle) as archive:
            _check(archive, bundle)
            archive.extractall(temporary)
        for name, source in mounts.items():
            (temporary / STORAGE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, temporary / STORAGE / name)
        temporary.chmod(0o755)
        temporary.rename(target)
    except zipfile.BadZipFile as problem:
        raise PlatformError(
            f"the file is not a bundle: {problem}", where=str(bundle), hint="build it with `emel package`"
        ) from problem
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _remove_leftovers(target: Path) -> None:
    """Remove what a deploy that was killed left behind; the caller holds the lock of writers."""
    for leftover in target.parent.glob(".*.part"):
        shutil.rmtree(leftover, ignore_errors=True)


def _check(archive: zipfile.ZipFile, bundle: Path) -> None:
    names = set(archive.namelist())
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            raise PlatformError(
                f"the bundle holds the path {name!r}, which leads out of it",
                where=str(bundle),
                hint="build it with `emel package`",
            )
    for needed in ("handler.py", "manifest.json"):
        if needed not in names:
            raise PlatformError(
                f"the bundle has no {needed} at its root",
                where=str(bundle),
                hint="build it with `emel package`",
            )
    size = sum(entry.file_size for entry in archive.infolist())
    if size > UNPACKED_LIMIT:
        raise PlatformError(
            f"the bundle is {size / 2**20:.0f} MB unpacked; a function may have {UNPACKED_LIMIT // 2**20} MB",
            where=str(bundle),
            hint='leave libraries out that predict does not need, or take tier = "onnx" under [model]',
        )
