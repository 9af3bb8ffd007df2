"""What every cloud checks before it takes a bundle."""

from __future__ import annotations

from emel.errors import BundleError
from emel.records import Bundle
from emel.system.files import sha256_of


def check_digest(bundle: Bundle) -> None:
    """Errors: BundleError when the zip is not there, or is not the one that was built and proved."""
    try:
        found = sha256_of(bundle.path)
    except FileNotFoundError as problem:
        raise BundleError(
            "the bundle is gone", where=str(bundle.path), hint="build it with `emel package`"
        ) from problem
    if found != bundle.digest:
        raise BundleError(
            "the file is not the bundle that was built and tested: its digest differs",
            where=str(bundle.path),
            hint="build it again with `emel package`",
        )
