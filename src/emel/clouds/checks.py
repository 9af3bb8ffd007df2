"""What every cloud checks before it takes a bundle."""

from __future__ import annotations

from pathlib import Path

from emel.errors import BundleError
from emel.records import Bundle
from emel.system.files import sha256_of
from emel_runtime.contract import MOUNT


def check_digest(bundle: Bundle) -> None:
    """Errors: BundleError when the zip, or the model that it mounts, is not there, or is not the one that was
    built and proved."""
    _check("bundle", bundle.path, bundle.digest)
    if bundle.mounted is not None:
        _check("bundle's model", bundle.mounted.path, bundle.mounted.digest)


def mounts_of(bundle: Bundle) -> dict[str, Path]:
    """What a function of this bundle finds in its storage folder: path there → file on this machine."""
    return {f"{MOUNT}/{bundle.mounted.name}": bundle.mounted.path} if bundle.mounted else {}


def _check(what: str, path: Path, digest: str) -> None:
    try:
        found = sha256_of(path)
    except FileNotFoundError as problem:
        raise BundleError(
            f"the {what} is gone", where=str(path), hint="build it with `emel package`"
        ) from problem
    if found != digest:
        raise BundleError(
            f"the file is not the {what} that was built and tested: its digest differs",
            where=str(path),
            hint="build it again with `emel package`",
        )
